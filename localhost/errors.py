"""What can go wrong between the host and an app."""


class AppError(Exception):
    """The app cannot be served at all. The message says why; `trace` is the app's own, where there is one."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class InvocationFailedError(Exception):
    """A function raised. The worker has logged it already; `trace` is the function's own."""

    def __init__(self, function: str, message: str, trace: str) -> None:
        super().__init__(f"Exception while executing function: Functions.{function} {message}")
        self.trace = trace
