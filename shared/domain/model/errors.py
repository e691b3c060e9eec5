"""The two families of failure, decided where a system's answer is understood: in the adapters."""


class PrivateLinkError(Exception):
    """Something asked of an outside system was not done. The message tells a reader what and why."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        """`request_id` is the id by which that system's support finds the call."""
        super().__init__(f"{message} (request {request_id})" if request_id else message)
        self.request_id = request_id


class TemporaryError(PrivateLinkError):
    """The same call may go through later: throttling, an outage, a lost connection, no time left."""

    def __init__(
        self, message: str, *, request_id: str | None = None, retry_after: float | None = None
    ) -> None:
        """`retry_after` is what the server asked us to wait, in seconds."""
        super().__init__(message, request_id=request_id)
        self.retry_after = retry_after


class PermanentError(PrivateLinkError):
    """The same call will be refused again until somebody changes something."""


class ForbiddenError(PermanentError):
    """The identity or the key is not accepted, or may not do this (HTTP 401, 403).

    Who puts a key or a right in order raises no event by it: a delivery that met this is worth another.
    """


class RefusedError(PermanentError):
    """The system refuses this for that one object, such as a service without Private Link; others are not concerned."""


class LockedError(PermanentError):
    """A management lock forbids the write (HTTP 409, ScopeLocked), until somebody removes it."""


class NameTakenError(PermanentError):
    """A record of another type has the name (HTTP 409): an A record cannot stand beside a CNAME."""


class ChangedError(TemporaryError):
    """Somebody else wrote first (HTTP 412): what we decided rests on an old reading."""


class ThrottledError(TemporaryError):
    """There were too many calls (HTTP 429), and the server has told when it takes more."""
