"""Marks of ownership, written on the things themselves, because there is no database.

A registration's description:   clickhouse-privatelink/<owner> <ARM id of the private endpoint>
A record set's metadata:        clickhouse-privatelink: <owner>
                                <address>: <endpoint id registered> <subscription>/<group>/<endpoint>

The second is the second witness of the first: a record of ours that names a registered id makes that
registration ours although its description was lost. So the id is left out (a `-` stands for it) where
somebody else had registered it. The endpoint is written in short, and `arm` stands for its ARM id,
because the longest pair then stays within 256 characters, the limit Azure has for tags; the limit for
metadata is not published.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from shared.domain.ids import BadIdError, Kind, ResourceId
from shared.domain.model import Pairs, RecordSet, Registration

MARK = "clickhouse-privatelink"
NOT_OURS = "-"
ARM_ID = "arm"
OWNER_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

_DESCRIPTION = re.compile(rf"{MARK}/({OWNER_PATTERN}) (/subscriptions/\S+)")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who stands behind an address of a record: an endpoint, and the id we registered for it, if we did.

    `registered` is a GUID in lower case, or `str(endpoint)`, or None.
    """

    endpoint: ResourceId
    registered: str | None


def describe(owner: str, endpoint: ResourceId) -> str:
    """The description that marks a registration as this owner's, for that endpoint."""
    return f"{MARK}/{owner} {endpoint}"


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
    found = ((key, _claim(value)) for key, value in record.metadata.items() if _is_address(key))
    return {address: claim for address, claim in found if claim}


def metadata_for(owner: str, claimed: dict[str, Claim], others: Pairs) -> dict[str, str]:
    """The metadata of a record of ours; pairs among `others` that are not our marks are kept."""
    kept = {key: value for key, value in others.items() if key != MARK and not _is_address(key)}
    if not claimed:
        return kept
    return {**kept, MARK: owner} | {address: _text(claim) for address, claim in sorted(claimed.items())}


def claimants(records: Iterable[RecordSet], owner: str) -> frozenset[ResourceId]:
    """The endpoints that stand behind any of these records of this owner."""
    ours = (record for record in records if record_is_ours(record, owner))
    return frozenset(claim.endpoint for record in ours for claim in claims(record).values())


def _text(claim: Claim) -> str:
    at = claim.endpoint
    registered = ARM_ID if claim.registered == str(at) else claim.registered or NOT_OURS
    return f"{registered} {at.subscription}/{at.resource_group}/{at.name}"


def _claim(value: str) -> Claim | None:
    registered, _, short = value.partition(" ")
    subscription, _, rest = short.partition("/")
    group, _, name = rest.partition("/")
    text = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{Kind.PRIVATE_ENDPOINT.value}/{name}"
    )
    try:
        endpoint = ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None
    meaning = {NOT_OURS: None, ARM_ID: str(endpoint)}
    return Claim(endpoint, meaning.get(registered, registered.lower()))


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
