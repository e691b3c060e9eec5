"""Errors of the local host."""


class AppError(Exception):
    """The app cannot be served. `trace` is the traceback of the app, if there is one."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class InvocationFailedError(Exception):
    """A function raised an exception, which the worker has logged. `trace` is the traceback of the function."""

    def __init__(self, function: str, message: str, trace: str) -> None:
        super().__init__(f"Exception while executing function: Functions.{function} {message}")
        self.trace = trace
