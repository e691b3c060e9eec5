"""Optimistic concurrency as the private DNS provider keeps it."""

from simulator.azure.errors import precondition_failed
from simulator.wire import Request


def check(request: Request, etag: str | None, name: str) -> None:
    """Raise ArmError(412) where a condition of the request does not hold.

    `etag` is the present one, None where nothing is there. A quoted etag does not match: every recorded
    exchange has it bare.
    """
    expected, forbidden = request.headers.get("if-match"), request.headers.get("if-none-match")
    stale = expected is not None and (etag is None if expected == "*" else expected != etag)
    taken = forbidden is not None and etag is not None and forbidden in ("*", etag)
    if stale or taken:
        raise precondition_failed(name)
