"""The `filter` parameter of the service list."""

from collections.abc import Callable

from simulator import world
from simulator.clickhouse.errors import bad_request


def parse_filter(text: str) -> Callable[[world.Service], bool]:
    """Parse `tag:Key=Value` or `tag:Key` into a test of a service. Raises CloudError(400) for anything else."""
    kind, colon, tag = text.partition(":")
    key, equals, value = tag.partition("=")
    if kind != "tag" or not colon or not key:
        raise bad_request(f"'{text}' is not a filter; use tag:Key=Value or tag:Key")

    def test(service: world.Service) -> bool:
        return any(one.key == key and (not equals or one.value == value) for one in service.tags)

    return test
