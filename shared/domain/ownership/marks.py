"""Ownership marks: the text that this deployment writes on the objects that it creates.

| object                    | where       | mark                                                                    |
|---------------------------|-------------|-------------------------------------------------------------------------|
| registration (ClickHouse) | description | clickhouse-privatelink/<owner> <subscription>/<group>/<endpoint>;       |
| A record set (Azure)      | metadata    | clickhouse-privatelink: <owner>                                         |
|                           |             | endpoint-<n>: <address> <subscription>/<group>/<endpoint>, one per address |

The semicolon ends the description: a truncated description then names no endpoint instead of another one (`pe-1`
instead of `pe-12`). Azure's limits on a record set's metadata: at most 15 pairs, names that begin with a letter,
values of at most 256 characters (https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources).
"""

import re
from collections.abc import Iterable, Mapping
from itertools import count

from shared.domain.model.ids import Kind, ResourceId
from shared.domain.model.resources import Pairs, RecordSet, is_ipv4

MARK = "clickhouse-privatelink"
OWNER_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
MAX_PAIRS = 15
MAX_VALUE_LENGTH = 256

_DESCRIPTION = re.compile(rf"{MARK}/({OWNER_PATTERN}) ([^\s;]+);")
_ENDPOINT_PAIR = re.compile(r"endpoint-\d+")

type Holders = Mapping[str, ResourceId]
"""The private endpoint behind each address of a record set."""


def registration_mark(owner: str, endpoint: ResourceId) -> str:
    """The description of a registration that this owner creates for the endpoint."""
    return f"{MARK}/{owner} {_short_id(endpoint)};"


def parse_registration_mark(description: str, owner: str) -> ResourceId | None:
    """The endpoint that this owner's mark names; None if the description is anything else."""
    match = _DESCRIPTION.fullmatch(description)
    return _parse_short_id(match[2]) if match and match[1] == owner else None


def is_owned_record(record: RecordSet, owner: str) -> bool:
    return record.metadata.get(MARK) == owner


def holders_of(record: RecordSet) -> dict[str, ResourceId]:
    """The endpoint of each address in the metadata, whether or not the record set has that address."""
    parsed = (_parse_pair(key, value) for key, value in record.metadata.items())
    return dict(pair for pair in parsed if pair)


def endpoints_of(record: RecordSet | None) -> frozenset[ResourceId]:
    """The endpoints in the metadata; none without a record set."""
    return frozenset(holders_of(record).values()) if record else frozenset()


def endpoints_in(records: Iterable[RecordSet], owner: str) -> frozenset[ResourceId]:
    """The endpoints in the metadata of this owner's record sets."""
    return frozenset[ResourceId]().union(*(endpoints_of(one) for one in records if is_owned_record(one, owner)))


def record_metadata(owner: str, holders: Holders, current: Pairs) -> dict[str, str]:
    """The metadata of a record set with these holders. Foreign pairs in `current` are kept."""
    foreign = _foreign_pairs(current)
    names = (name for number in count(1) if (name := f"endpoint-{number}") not in foreign)
    values = (_pair_value(address, endpoint) for address, endpoint in sorted(holders.items()))
    return foreign | ({MARK: owner} if holders else {}) | {next(names): value for value in values}


def metadata_fits(holders: Holders, current: Pairs) -> bool:
    """Whether the metadata with these holders and the foreign pairs in `current` is within Azure's limits."""
    pairs = len(_foreign_pairs(current)) + 1 + len(holders)
    values = (_pair_value(address, endpoint) for address, endpoint in holders.items())
    return pairs <= MAX_PAIRS and all(len(value) <= MAX_VALUE_LENGTH for value in values)


def _foreign_pairs(current: Pairs) -> dict[str, str]:
    return {key: value for key, value in current.items() if key != MARK and not _parse_pair(key, value)}


def _pair_value(address: str, endpoint: ResourceId) -> str:
    return f"{address} {_short_id(endpoint)}"


def _parse_pair(key: str, value: str) -> tuple[str, ResourceId] | None:
    address, _, short_id = value.partition(" ")
    endpoint = _parse_short_id(short_id) if _ENDPOINT_PAIR.fullmatch(key) and is_ipv4(address) else None
    return (address, endpoint) if endpoint else None


def _short_id(endpoint: ResourceId) -> str:
    return f"{endpoint.subscription}/{endpoint.resource_group}/{endpoint.name}"


def _parse_short_id(text: str) -> ResourceId | None:
    subscription, _, rest = text.partition("/")
    group, _, name = rest.partition("/")
    kind = Kind.PRIVATE_ENDPOINT
    path = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind.value}/{name}"
    return ResourceId.find(path, kind)
