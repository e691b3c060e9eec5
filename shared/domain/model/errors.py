"""Errors of outside systems, temporary or permanent. The adapters translate every vendor error into one of these."""


class PrivateLinkError(Exception):
    """A call to an outside system failed; the message says what and why."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        """`request_id` identifies the call for the system's support."""
        super().__init__(f"{message} (request {request_id})" if request_id else message)
        self.request_id = request_id


class TemporaryError(PrivateLinkError):
    """The same call may succeed later: throttling, an outage, a lost connection, a deadline."""

    def __init__(
        self, message: str, *, request_id: str | None = None, retry_after: float | None = None
    ) -> None:
        """`retry_after` is the delay that the server asks for, in seconds."""
        super().__init__(message, request_id=request_id)
        self.retry_after = retry_after


class ChangedError(TemporaryError):
    """The object changed since it was read (HTTP 412): read and decide again."""


class ThrottledError(TemporaryError):
    """Too many calls (HTTP 429); the server said when to retry."""


class PermanentError(PrivateLinkError):
    """The same call fails until somebody changes something."""


class ForbiddenError(PermanentError):
    """The identity or API key is invalid or lacks a permission (HTTP 401, 403).

    Correcting a key or permission raises no event, so Event Grid must retry the events that failed this way.
    """


class RefusedError(PermanentError):
    """The system refuses the call for this one object, such as a service without Private Link."""


class LockedError(PermanentError):
    """A management lock prevents the write (HTTP 409, ScopeLocked)."""


class NameTakenError(PermanentError):
    """A record of another type has the name (HTTP 409): an A record cannot coexist with a CNAME."""
