"""Conditional requests (If-Match, If-None-Match) of the private DNS provider."""

from simulator.azure.errors import precondition_failed
from simulator.wire import Request


def check(request: Request, etag: str | None, name: str) -> None:
    """Raise ArmError(412) if a condition of the request is not met.

    `etag` is the current one, None if the resource does not exist. A quoted etag does not match: all recorded
    requests have it without quotes.
    """
    expected, forbidden = request.headers.get("if-match"), request.headers.get("if-none-match")
    stale = expected is not None and (etag is None if expected == "*" else expected != etag)
    exists = forbidden is not None and etag is not None and forbidden in ("*", etag)
    if stale or exists:
        raise precondition_failed(name)
