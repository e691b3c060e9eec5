"""What HTTP status codes and headers of a failed call mean, whichever system sent them."""

import math

from shared.domain.model.errors import CauseKind

_KINDS = {
    401: CauseKind.INVALID_CREDENTIAL,
    403: CauseKind.MISSING_PERMISSION,
    404: CauseKind.NOT_FOUND,
    408: CauseKind.TIMED_OUT,
    429: CauseKind.THROTTLED,
}


def cause_kind(status: int | None) -> CauseKind:
    """The kind of cause that a status code stands for; None where no response came."""
    if status is None:
        return CauseKind.CONNECTION_LOST
    return CauseKind.SERVER_ERROR if status >= 500 else _KINDS.get(status, CauseKind.UNKNOWN)


def seconds(header: str | None) -> float | None:
    """The seconds that a header asks to wait; None for no header, and for a date, which neither system sends."""
    try:
        asked = float(header) if header else math.nan
    except ValueError:
        return None
    return asked if math.isfinite(asked) else None
