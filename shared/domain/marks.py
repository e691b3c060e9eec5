"""Marks of ownership, written on the things themselves, because there is no database.

A registration's description:   clickhouse-privatelink/<owner> <ARM id of the private endpoint>;
A record set's metadata:        clickhouse-privatelink: <owner>
                                <address>: <registered id> <subscription>/<group>/<endpoint>
                                allowed-<n>-<address>: <ends of service ids>
                                former-<address>: <registered ids>
                                words-<address>: <hashes>

The semicolon is there so that a description which the API has shortened names nobody, rather than
another endpoint. The second is the second witness of the first; which of them is believed when they
differ stands in `ownership`. Where somebody else had registered the id, it has a `-` before it, and the
services that we allowed under that registration are told by the last twelve characters of their ids: they
are all that is ours. `words` has hashes of the descriptions that the API made of ours, where it kept other
words. `former` has ids of the endpoint that are on their way out and that no description marks any more.

The endpoint is written in short, `none` stands for no id and `arm` for its ARM id, because the longest pair then stays
within 256 characters, the limit Azure has for tags; the limit for metadata is not published.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import AddressValueError, IPv4Address
from itertools import batched

from shared.domain.ids import BadIdError, Kind, ResourceId
from shared.domain.model import Pairs, RecordSet, Registration

MARK = "clickhouse-privatelink"
NOT_OURS = "-"
ARM_ID = "arm"
UNTOLD = "none"
LENT = "allowed"
LENT_IN_A_PAIR = 19
FORMER = "former"
WORDS = "words"
MOST_FORMER = 6
WITNESS = "privatelink-witness-"
OWNER_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

_LENT = re.compile(rf"{LENT}-\d+-([\d.]+)")
_FORMER = re.compile(rf"{FORMER}-([\d.]+)")
_WORDS = re.compile(rf"{WORDS}-([\d.]+)")
_ANY_OWNERS = re.compile(rf"{MARK}/({OWNER_PATTERN}) ")
_DESCRIPTION = re.compile(rf"{MARK}/({OWNER_PATTERN}) (/subscriptions/[^\s;]+);")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who stands behind an address of a record: an endpoint, and the id it is registered under.

    `id` is a GUID in lower case, or `str(endpoint)`, or None if it is not told. `ours`: we made the
    registration; `words` are hashes of the descriptions of these ids that are neither our mark nor a
    beginning of it. Otherwise `lent` are the ends of the ids of the services that we allowed under it.
    `former` are other ids, in lower case, that we registered for the endpoint.
    """

    endpoint: ResourceId
    id: str | None
    ours: bool = True
    lent: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """All ids that it tells of, in lower case."""
        return self.former | ({self.id.lower()} if self.id else frozenset())

    @property
    def made_by_us(self) -> frozenset[str]:
        """Those of the ids that it tells to be registered by us."""
        return self.ids if self.ours else self.former


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


def shortened(description: str, owner: str, endpoint: ResourceId) -> bool:
    """Whether a description may be what the API left of this owner's for that endpoint: nothing, or its beginning."""
    return describe(owner, endpoint).startswith(description)


def another_owners(description: str, owner: str) -> bool:
    """Whether it is the mark, perhaps shortened, of another deployment."""
    found = _ANY_OWNERS.match(description)
    return bool(found and found[1] != owner)


def words_of(description: str) -> str:
    """What is written of a description that is not ours in words: eight characters of its hash."""
    return sha256(description.encode()).hexdigest()[:8]


def witness_name(owner: str, endpoint: ResourceId) -> str:
    """The name of the record set that is there for its metadata alone: one for each owner and endpoint."""
    return f"{WITNESS}{sha256(f'{owner} {endpoint}'.encode()).hexdigest()[:16]}"


def record_is_ours(record: RecordSet, owner: str) -> bool:
    return record.metadata.get(MARK) == owner


def claims(record: RecordSet) -> dict[str, Claim]:
    """The claim behind each address that the metadata tells of, whatever addresses the record has."""
    pairs = record.metadata
    found = ((key, _claim(key, pairs)) for key in pairs if _is_address(key))
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
        if claim.former:
            former = (_short(one, claim.endpoint) for one in sorted(claim.former))
            pairs[f"{FORMER}-{address}"] = " ".join(former)
        if claim.words:
            pairs[f"{WORDS}-{address}"] = " ".join(sorted(claim.words))
    return pairs


def claimants(records: Iterable[RecordSet], owner: str) -> frozenset[ResourceId]:
    """The endpoints that stand behind any of these records of this owner."""
    ours = (record for record in records if record_is_ours(record, owner))
    return frozenset(claim.endpoint for record in ours for claim in claims(record).values())


def _text(claim: Claim) -> str:
    at = claim.endpoint
    known = _short(claim.id or UNTOLD, at)
    return f"{'' if claim.ours else NOT_OURS}{known} {at.subscription}/{at.resource_group}/{at.name}"


def _claim(address: str, pairs: Pairs) -> Claim | None:
    known, _, place = pairs[address].partition(" ")
    subscription, _, rest = place.partition("/")
    group, _, name = rest.partition("/")
    text = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{Kind.PRIVATE_ENDPOINT.value}/{name}"
    )
    try:
        endpoint = ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    except BadIdError:
        return None
    registered = known.removeprefix(NOT_OURS)
    return Claim(
        endpoint,
        None if registered in ("", UNTOLD) else _in_full(registered, endpoint),
        ours=not known.startswith(NOT_OURS),
        lent=frozenset(_told(_LENT, address, pairs)),
        former=frozenset(_in_full(one, endpoint).lower() for one in _told(_FORMER, address, pairs)),
        words=frozenset(_told(_WORDS, address, pairs)),
    )


def _short(registered: str, endpoint: ResourceId) -> str:
    return ARM_ID if registered.lower() == str(endpoint).lower() else registered


def _in_full(short: str, endpoint: ResourceId) -> str:
    return str(endpoint) if short.lower() == ARM_ID else short.lower()


def _told(pattern: re.Pattern[str], address: str, pairs: Pairs) -> Iterable[str]:
    """The parts of all pairs of that kind which are about the address."""
    about = (
        value for key, value in pairs.items() if (found := pattern.fullmatch(key)) and found[1] == address
    )
    return (part for value in about for part in value.split())


def _is_mark(key: str) -> bool:
    return _is_address(key) or any(one.fullmatch(key) for one in (_LENT, _FORMER, _WORDS))


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
