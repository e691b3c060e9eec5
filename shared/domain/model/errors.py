"""The two families of errors that adapters raise: temporary and permanent, each with the cause as data."""

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    """The systems that a pass calls."""

    AZURE = "Azure"
    CLICKHOUSE = "ClickHouse Cloud"


class CauseKind(StrEnum):
    """Why a call failed, as far as the response shows it. Remedies are chosen by it."""

    UNKNOWN = "unknown"
    INVALID_CREDENTIAL = "invalid-credential"
    """HTTP 401, or no token: the API key or the identity is not accepted."""
    MISSING_PERMISSION = "missing-permission"
    """HTTP 403."""
    NOT_FOUND = "not-found"
    """HTTP 404 that does not prove the absence of the object, such as of a subscription or an organization."""
    CHANGED = "changed"
    """HTTP 412: the object changed since it was read. Read it and decide again."""
    LOCKED = "locked"
    """A management lock forbids the write (HTTP 409, ScopeLocked)."""
    NAME_TAKEN = "name-taken"
    """HTTP 409: a record of another type has the name. An A record cannot coexist with a CNAME."""
    REFUSED = "refused"
    """The system refuses the call for this one object only, such as a service without Private Link."""
    THROTTLED = "throttled"
    """HTTP 429, or the rate limit of this process."""
    SERVER_ERROR = "server-error"
    """HTTP 5xx."""
    CONNECTION_LOST = "connection-lost"
    """No connection, or one that ended before the response did."""
    TIMED_OUT = "timed-out"
    """No response before the deadline."""
    UNEXPECTED_RESPONSE = "unexpected-response"
    """A response that the API does not describe."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a failed call.

    `action`: the missing permission, as Azure or ClickHouse Cloud names it, and the `scope` that it is missing on;
    "" where not known. `retry_after`: the seconds that the server asks to wait. `status`: the HTTP status, if a
    response came.
    """

    kind: CauseKind = CauseKind.UNKNOWN
    action: str = ""
    scope: str = ""
    retry_after: float | None = None
    status: int | None = None

    @property
    def forbidden(self) -> bool:
        """Whether a key or a role must be corrected. That raises no event, so Event Grid must retry the event."""
        return self.kind in (CauseKind.INVALID_CREDENTIAL, CauseKind.MISSING_PERMISSION)


UNKNOWN_CAUSE = Cause()


class PrivateLinkError(Exception):
    """A call to another system failed. The message says what failed, for which object and why."""

    def __init__(self, message: str, *, request_id: str | None = None, cause: Cause = UNKNOWN_CAUSE) -> None:
        """`request_id` identifies the call to that system's support."""
        super().__init__(f"{message} (request {request_id})" if request_id else message)
        self.cause = cause


class TemporaryError(PrivateLinkError):
    """The same call may succeed later: throttling, an outage, a lost connection, no time left."""


class PermanentError(PrivateLinkError):
    """The same call fails again until somebody changes something."""
