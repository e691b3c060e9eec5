"""Lower bounds that follow from the rate limit of ClickHouse Cloud."""

CALLS, SECONDS = 10, 10
RATE_LIMIT = f"{CALLS}/{SECONDS}"


def floor_seconds(calls: int) -> float:
    """The least time between the first and the last of that many calls, at ten per ten seconds."""
    return float((calls - 1) // CALLS * SECONDS)


def needed_calls(services: int, *, configs_known: bool) -> int:
    """The calls that connect any number of endpoints to that many services.

    Organization and services are read, and the config of each service once per process; then the organization and
    each service are written.
    """
    return 2 + (0 if configs_known else services) + 1 + services
