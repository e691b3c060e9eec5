"""The `filter` parameter of the list of services."""

from collections.abc import Callable

from simulator import world
from simulator.clickhouse.errors import bad_request


def parse_filter(text: str) -> Callable[[world.Service], bool]:
    """`tag:Key=Value` or `tag:Key` as a test of a service; raises CloudError(400) for anything else."""
    kind, colon, wanted = text.partition(":")
    key, equals, value = wanted.partition("=")
    if kind != "tag" or not colon or not key:
        raise bad_request(f"'{text}' is no filter, use tag:Key=Value or tag:Key")

    def test(service: world.Service) -> bool:
        return any(tag.key == key and (not equals or tag.value == value) for tag in service.tags)

    return test
