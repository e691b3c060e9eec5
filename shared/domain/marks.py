"""Marks of ownership, written on the things themselves, because there is no database.

A registration's description:   clickhouse-privatelink/<owner> <ARM id of the private endpoint>;
A record set's metadata:        clickhouse-privatelink: <owner>
                                <address>: <registered id> <subscription>/<group>/<endpoint>
                                allowed-<n>-<address>: <ends of service ids>

The semicolon is there so that a description which the API has shortened names nobody, rather than
another endpoint. The second is the second witness of the first: a record of ours that names a registered id makes that
registration ours although its description was lost. Where somebody else had registered the id, it has a
`-` before it, and the services that we allowed under that registration are told by the last twelve
characters of their ids: they are all that is ours.

The endpoint is written in short, and `arm` stands for its ARM id, because the longest pair then stays
within 256 characters, the limit Azure has for tags; the limit for metadata is not published.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from itertools import batched

from shared.domain.ids import BadIdError, Kind, ResourceId
from shared.domain.model import Pairs, RecordSet, Registration

MARK = "clickhouse-privatelink"
NOT_OURS = "-"
ARM_ID = "arm"
LENT = "allowed"
LENT_IN_A_PAIR = 19
OWNER_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

_LENT = re.compile(rf"{LENT}-\d+-([\d.]+)")
_DESCRIPTION = re.compile(rf"{MARK}/({OWNER_PATTERN}) (/subscriptions/[^\s;]+);")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who stands behind an address of a record: an endpoint, and the id it is registered under.

    `id` is a GUID in lower case, or `str(endpoint)`, or None if it is not told. `ours`: we made the
    registration. Otherwise `lent` are the ends of the ids of the services that we allowed under it.
    """

    endpoint: ResourceId
    id: str | None
    ours: bool = True
    lent: frozenset[str] = frozenset()


def end_of(service: str) -> str:
    """What is written of a service's id: its last twelve characters, which are random in a UUID."""
    return service.lower()[-12:]


def describe(owner: str, endpoint: ResourceId) -> str:
    """The description that marks a registration as this owner's, for that endpoint."""
    return f"{MARK}/{owner} {endpoint};"


def endpoint_marked(registration: Registration, owner: str) -> ResourceId | None:
    """The endpoint this owner made the registration for; None if it is not (or no longer visibly) ours."""
    found = _DESCRIPTION.fullmatch(registration.description)
    if not found or found[1] != owner:
        return None
    try:
        return ResourceId.parse(found[2], Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None


def evidently_foreign(registration: Registration, owner: str) -> bool:
    """Whether the description is somebody's own.

    An empty one, or a beginning of one of ours, may be what the API left of ours.
    """
    ours = f"{MARK}/{owner} /subscriptions/"
    text = registration.description
    return not (text.startswith(ours) or ours.startswith(text))


def record_is_ours(record: RecordSet, owner: str) -> bool:
    return record.metadata.get(MARK) == owner


def claims(record: RecordSet) -> dict[str, Claim]:
    """The claim behind each address that the metadata tells of, whatever addresses the record has."""
    pairs = record.metadata
    found = ((key, _claim(value, _lent(key, pairs))) for key, value in pairs.items() if _is_address(key))
    return {address: claim for address, claim in found if claim}


def metadata_for(owner: str, claimed: Mapping[str, Claim], others: Pairs) -> dict[str, str]:
    """The metadata of a record of ours; pairs among `others` that are not our marks are kept."""
    pairs = {key: value for key, value in others.items() if key != MARK and not _is_mark(key)}
    if not claimed:
        return pairs
    pairs[MARK] = owner
    for address, claim in sorted(claimed.items()):
        pairs[address] = _text(claim)
        for number, ends in enumerate(batched(sorted(claim.lent), LENT_IN_A_PAIR, strict=False), start=1):
            pairs[f"{LENT}-{number}-{address}"] = " ".join(ends)
    return pairs


def claimants(records: Iterable[RecordSet], owner: str) -> frozenset[ResourceId]:
    """The endpoints that stand behind any of these records of this owner."""
    ours = (record for record in records if record_is_ours(record, owner))
    return frozenset(claim.endpoint for record in ours for claim in claims(record).values())


def _text(claim: Claim) -> str:
    at = claim.endpoint
    known = ARM_ID if claim.id == str(at) else claim.id or ""
    return f"{'' if claim.ours else NOT_OURS}{known} {at.subscription}/{at.resource_group}/{at.name}"


def _claim(value: str, lent: frozenset[str]) -> Claim | None:
    known, _, short = value.partition(" ")
    subscription, _, rest = short.partition("/")
    group, _, name = rest.partition("/")
    text = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{Kind.PRIVATE_ENDPOINT.value}/{name}"
    )
    try:
        endpoint = ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None
    registered = known.removeprefix(NOT_OURS).lower()
    id_ = str(endpoint) if registered == ARM_ID else registered or None
    return Claim(endpoint, id_, ours=not known.startswith(NOT_OURS), lent=lent)


def _lent(address: str, pairs: Pairs) -> frozenset[str]:
    ends = [value.split() for key, value in pairs.items() if (m := _LENT.fullmatch(key)) and m[1] == address]
    return frozenset(end for some in ends for end in some)


def _is_mark(key: str) -> bool:
    return _is_address(key) or bool(_LENT.fullmatch(key))


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
