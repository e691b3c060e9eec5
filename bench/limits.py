"""What ClickHouse's rate limit and the network allow at best."""

CALLS, SECONDS = 10, 10
RATE_LIMIT = f"{CALLS}/{SECONDS}"


def floor_seconds(calls: int) -> float:
    """The least time between the first and the last of so many calls: ten in any span of ten seconds."""
    return float((calls - 1) // CALLS * SECONDS)


def needed_calls(services: int, *, configs_known: bool) -> int:
    """The calls it takes to connect any number of endpoints to so many services.

    Organization and services are read, each service's configuration once in a process's life; then the
    organization and each service are written.
    """
    return 2 + (0 if configs_known else services) + 1 + services
