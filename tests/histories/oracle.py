"""What a world should be, told naively: from what is true now, without reads, rounds, plans or changes.

It is written apart from the product's decision and shares no code with it. `faults_of` compares the world
after everything was delivered with the world just before, because some things must only stay as they are.

Where history matters, every rightful end is accepted: whoever of those who want a record may hold it. A
registration whose mark was lost (cut by the API, or changed by hand) counts as somebody else's: it must be
left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, RecordSet, Service, Zone
from tests.histories.world import MARK, SHARING_TAG, TAG, ZONE_TAG, Deployment, Truth

LOST = "lost"


@dataclass(frozen=True, slots=True)
class Case:
    """A deployment and the world before and after everything was delivered to it.

    `needs_service`: the API registers only through a service, so that nobody without one is registered.
    `manages`: the key may deregister. `forgets`: the API does not keep descriptions, so that nobody is registered.
    `others`: deployments that had everything delivered too; what changed at an endpoint that they serve as well
    may be their doing.
    """

    before: Truth
    after: Truth
    deployment: Deployment
    needs_service: bool = False
    forgets: bool = False
    manages: bool = True
    others: tuple[Deployment, ...] = ()

    def alone(self, id_: str) -> bool:
        """Whether no other deployment serves the endpoint of that id."""
        slot = self.after.incarnations[id_.lower()]
        return not any(covered(slot, other.scopes) for other in self.others)


# Who may have what


def covered(resource: ResourceId, scopes: tuple[Scope, ...]) -> bool:
    return any(
        resource.subscription == scope.subscription
        and scope.resource_group in (None, resource.resource_group)
        for scope in scopes
    )


def alias_of(truth: Truth, endpoint: Endpoint) -> str | None:
    """The organization's Private Link service that the endpoint is connected to."""
    known = {truth.configs[s.id].alias for s in truth.services.values() if s.provider == "azure"}
    return next((c.target for c in endpoint.connections if c.target in known), None)


def is_held(endpoint: Endpoint) -> bool:
    """Whether Azure is deleting it, or failed to make one that is tagged: it keeps just what it has."""
    return endpoint.state == "Deleting" or (endpoint.state == "Failed" and TAG in endpoint.tags)


def standing(truth: Truth, deployment: Deployment, slot: ResourceId) -> str:
    """`outside`, `held`, `none` (absent or untagged), `stranger`, or `rightful`."""
    endpoint = truth.endpoints.get(slot)
    if not covered(slot, deployment.scopes):
        return "outside"
    if endpoint is not None and is_held(endpoint):
        return "held"
    if endpoint is None or TAG not in endpoint.tags:
        return "none"
    return "rightful" if alias_of(truth, endpoint) else "stranger"


def _matches(part: str, service: Service, truth: Truth) -> bool:
    if part.startswith("tag:"):
        key, _, value = part[4:].partition("=")
        tags = service.tags or {}
        return key in tags and (not value or tags[key] == value)
    if part in ("*", service.id, service.name):
        return True
    return part.lower() == service.name.lower() and not _borne_exactly(part, truth)


def _borne_exactly(name: str, truth: Truth) -> bool:
    return any(s.provider == "azure" and s.name == name for s in truth.services.values())


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _doubtful(part: str, truth: Truth) -> bool:
    """Whether the part is a name that several services bear, and so names nobody."""
    bearing = [s for s in truth.services.values() if s.provider == "azure" and s.name == part]
    alike = [s for s in truth.services.values() if s.provider == "azure" and s.name.lower() == part.lower()]
    return len(bearing or alike) > 1


def mistaken(truth: Truth, endpoint: Endpoint) -> bool:
    """Whether a part of the tag is no selector, is a name of several services, or fits no service on Azure."""
    azure = [s for s in truth.services.values() if s.provider == "azure"]
    parts = [part for part in _parts(endpoint.tags.get(TAG, "")) if part != "*"]
    return any(
        _doubtful(part, truth)
        or ";" in part
        or (":" in part and not part.startswith("tag:"))
        or not any(_matches(part, s, truth) for s in azure)
        for part in parts
    )


def _permits(deployment: Deployment, service: Service, truth: Truth) -> bool:
    """SERVICE_FILTER permits all that bear a name exactly, but nobody by one that fits several loosely."""
    if deployment.service_filter is None:
        return True
    parts = [
        p for p in _parts(deployment.service_filter) if _borne_exactly(p, truth) or not _doubtful(p, truth)
    ]
    return any(_matches(part, service, truth) for part in parts)


def granted(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> set[str]:
    """The services that tag, SERVICE_FILTER and Private Link service together let the endpoint reach."""
    asked = [part for part in _parts(endpoint.tags.get(TAG, "")) if not _doubtful(part, truth)]
    return {
        s.id
        for s in truth.services.values()
        if s.provider == "azure"
        and any(_matches(part, s, truth) for part in asked)
        and _permits(deployment, s, truth)
        and truth.configs[s.id].alias == alias_of(truth, endpoint)
    }


def undecided(truth: Truth, endpoint: Endpoint) -> set[str]:
    """The services that only an ambiguous name asks for: their lists stay as they are."""
    parts = _parts(endpoint.tags.get(TAG, ""))
    azure = [s for s in truth.services.values() if s.provider == "azure"]
    doubted = {s.id for s in azure for part in parts if _doubtful(part, truth) and _matches(part, s, truth)}
    surely = {
        s.id for s in azure for part in parts if not _doubtful(part, truth) and _matches(part, s, truth)
    }
    return doubted - surely


def wanted_id(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> str | None:
    """The id of the preferred kind, or, where somebody else registered that, the other; None if both are taken."""
    ids = [endpoint.guid, endpoint.arm_id]
    ordered = ids if deployment.id_kind is IdKind.GUID else ids[::-1]
    return next((one for one in ordered if not is_foreign(truth, deployment.owner, one)), None)


def live_ids(endpoint: Endpoint | None) -> set[str]:
    return {endpoint.guid.lower(), endpoint.arm_id.lower()} if endpoint else set()


def zone_of(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> Zone | None:
    """The zone that the endpoint's address belongs into, if there is just one."""
    alias = alias_of(truth, endpoint)
    if alias is None:
        return None
    name = f"{alias.split('.')[2]}.privatelink.azure.clickhouse.cloud"
    seen = [z for z in truth.zones.values() if z.id.name == name and covered(z.id, deployment.dns_scopes)]
    if (text := endpoint.tags.get(ZONE_TAG)) is not None:
        return next((z for z in seen if str(z.id).lower() == text.lower()), None)
    linked = [z for z in seen if endpoint.network in z.networks]
    return linked[0] if len(linked) == 1 else None


def placed(truth: Truth, deployment: Deployment, slot: ResourceId) -> Zone | None:
    """The zone of an endpoint that is to have a record, None if it is not or cannot."""
    endpoint = truth.endpoints.get(slot)
    if endpoint is None or standing(truth, deployment, slot) != "rightful" or not truth.addresses(endpoint):
        return None
    return zone_of(truth, deployment, endpoint)


# Whose things are


def claims(record: RecordSet) -> dict[str, str]:
    """The endpoint, in short, that our metadata names for each address."""
    pairs = [value.split(" ") for key, value in record.metadata.items() if key.startswith("endpoint-")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def short(slot: ResourceId) -> str:
    return f"{slot.subscription}/{slot.resource_group}/{slot.name}"


def owner_of_registration(truth: Truth, id_: str, region: str) -> str:
    """Who may remove it: its maker, as long as its description says so; LOST if it does not."""
    author = truth.authors.get(("registration", id_, region), "hand")
    slot = truth.incarnations.get(id_.lower())
    if author == "hand" or slot is None:
        return "hand"
    marked = truth.registrations[id_, region].description == f"{MARK}/{author} {short(slot)};"
    return author if marked else LOST


def owns(truth: Truth, owner: str, id_: str) -> bool:
    return any(owner_of_registration(truth, r.id, r.region) == owner for r in truth.registered(id_))


def is_foreign(truth: Truth, owner: str, id_: str) -> bool:
    return bool(truth.registered(id_)) and not owns(truth, owner, id_)


# What should be


def faults_of(case: Case) -> list[str]:
    """All that is not as it should be for this deployment, in sentences."""
    slots = sorted(set(case.after.incarnations.values()))
    access = [fault for slot in slots for fault in _access(case, slot)]
    records = [fault for zone in case.after.zones.values() for fault in _zone(case, zone)]
    return [f"{case.deployment.owner}: {fault}" for fault in [*access, *records]]


def _access(case: Case, slot: ResourceId) -> Iterator[str]:
    state = standing(case.after, case.deployment, slot)
    endpoint = case.after.endpoints.get(slot)
    ids = sorted(id_ for id_, at in case.after.incarnations.items() if at == slot)
    if endpoint and state in ("rightful", "stranger") and mistaken(case.after, endpoint):
        yield from _nothing_removed(case, ids)
        yield from _connected(case, endpoint) if state == "rightful" else ()
        return
    if state == "rightful" and endpoint:
        yield from _connected(case, endpoint)
        wanted = wanted_id(case.after, case.deployment, endpoint)
        ids = [i for i in ids if wanted is None or i != wanted.lower()]
        ids = [i for i in ids if i not in (live_ids(endpoint) if _waits(case, endpoint) else ())]
    for id_ in ids:
        if state == "held" or (state == "stranger" and id_ in live_ids(endpoint)):
            yield from _unchanged(case, id_)
        elif state != "outside":
            yield from _gone(case, id_)


def _nothing_removed(case: Case, ids: list[str]) -> Iterator[str]:
    """While a tag has a mistake, its endpoint keeps what it has."""
    for id_ in (id_ for id_ in ids if case.alone(id_)):
        for service in sorted(case.before.listing(id_) - case.after.listing(id_)):
            yield f"{id_} was taken off {service} though the tag has a mistake"
        if not {r.region for r in case.before.registered(id_)} <= {
            r.region for r in case.after.registered(id_)
        }:
            yield f"{id_} was deregistered though the tag has a mistake"


def _may_go(truth: Truth, deployment: Deployment, service: str, id_: str) -> bool:
    """Whether an entry lies in the deployment's domain: always where its id names nobody any more."""
    if id_.lower() not in live_ids(truth.endpoints.get(truth.incarnations[id_.lower()])):
        return True
    known = truth.services.get(service)
    return known is None or _permits(deployment, known, truth)


def _must_go(case: Case, service: str, id_: str) -> bool:
    author = case.after.authors.get(("entry", service, id_))
    mine = author == case.deployment.owner or case.alone(id_)
    return mine and all(_may_go(truth, case.deployment, service, id_) for truth in (case.before, case.after))


def _must_stay(case: Case, service: str, id_: str) -> bool:
    return not any(_may_go(truth, case.deployment, service, id_) for truth in (case.before, case.after))


def _waits(case: Case, endpoint: Endpoint) -> bool:
    """Whether the other kind of id must stay: the one wanted cannot be allowed, or nothing was decided."""
    held = undecided(case.after, endpoint)
    wanted = wanted_id(case.after, case.deployment, endpoint)
    if wanted is None:
        return True
    unregistered = (case.needs_service or case.forgets) and not case.after.registered(wanted)
    unallowed = granted(case.after, case.deployment, endpoint) - case.after.listing(wanted)
    return (
        unregistered or bool(unallowed) or any(case.before.listing(id_) & held for id_ in live_ids(endpoint))
    )


def _connected(case: Case, endpoint: Endpoint) -> Iterator[str]:
    before, after, owner = case.before, case.after, case.deployment.owner
    id_ = wanted_id(after, case.deployment, endpoint)
    if id_ is None:
        return  # what is foreign must not change: see the guard
    may, held = granted(after, case.deployment, endpoint), undecided(after, endpoint)
    listing = after.listing(id_)
    if not after.registered(id_) and not (case.needs_service and not may) and not case.forgets:
        yield f"{id_} of {endpoint.id} is not registered"
    keeps = mistaken(after, endpoint)
    stuck = (keeps or not case.manages) and _is_in_other_region(after, case.deployment, endpoint, id_)
    for service in sorted(may - listing) if not case.forgets and not stuck else ():
        yield f"{id_} of {endpoint.id} is not allowed on {service}"
    stayed = {one.region for one in before.registered(id_)} <= {one.region for one in after.registered(id_)}
    for service in sorted((listing ^ before.listing(id_)) & held) if stayed and case.alone(id_) else ():
        yield f"{id_} of {endpoint.id} was changed on {service}, which is named ambiguously"
    for service in sorted(listing - may - held) if not keeps else ():
        if owns(before, owner, id_) and _must_go(case, service, id_):
            yield f"{id_} of {endpoint.id} is still allowed on {service}"
    for service in sorted(before.listing(id_) - listing - may - held):
        mine = owns(before, owner, id_) and not _must_stay(case, service, id_)
        if not mine and case.alone(id_):
            yield f"{id_} of {endpoint.id} was taken off {service} though it is not ours"


def _is_in_other_region(truth: Truth, deployment: Deployment, endpoint: Endpoint, id_: str) -> bool:
    """Whether the id is registered for another region than its services': a former endpoint's, of the same name."""
    regions = {truth.services[one].region for one in granted(truth, deployment, endpoint)}
    return not regions & {one.region for one in truth.registered(id_)}


def _gone(case: Case, id_: str) -> Iterator[str]:
    """What should be of an id that should not be there (any more)."""
    before, after, owner = case.before, case.after, case.deployment.owner
    ours = owns(before, owner, id_)
    staying = any(not _must_go(case, service, id_) for service in after.listing(id_))
    if ours and owns(after, owner, id_) and not staying and case.manages:
        yield f"{id_} is still registered"
    if not ours and before.registered(id_) != after.registered(id_) and case.alone(id_):
        yield f"the registration of {id_} was changed though it is not ours"
    for service in sorted(after.listing(id_)):
        if owns(before, owner, id_) and _must_go(case, service, id_):
            yield f"{id_} is still allowed on {service}"
    for service in sorted(before.listing(id_) - after.listing(id_)):
        if _must_stay(case, service, id_) and case.alone(id_):
            yield f"{id_} was taken off {service}, which lies outside the domain"
    for service in sorted(before.listing(id_) ^ after.listing(id_)):
        if not owns(before, owner, id_) and case.alone(id_):
            yield f"{id_} was changed on {service} though it is not ours"


def _unchanged(case: Case, id_: str) -> Iterator[str]:
    if not case.alone(id_):
        return
    registered = case.before.registered(id_) != case.after.registered(id_)
    if registered or case.before.listing(id_) != case.after.listing(id_):
        yield f"{id_} was changed though its endpoint is held or a stranger's"


def _zone(case: Case, zone: Zone) -> Iterator[str]:
    after, deployment = case.after, case.deployment
    wanting = [s for s in sorted(after.endpoints) if (z := placed(after, deployment, s)) and z.id == zone.id]
    yield from _record(case, zone, "*", wanting)
    apart = _apart(case, zone, wanting)
    names = {*zone.records, *(name for slot in wanting for name in labels(after, deployment, slot))} - {"*"}
    for name in sorted(names):
        candidates = wanting if apart is None else apart
        named = [slot for slot in candidates if name in labels(after, deployment, slot)]
        yield from _record(case, zone, name, named, must=apart is not None)


def _apart(case: Case, zone: Zone, wanting: list[ResourceId]) -> list[ResourceId] | None:
    """Those on another Private Link service than the wildcard leads to; None if nobody knows where."""
    wildcard = zone.records.get("*")
    if wildcard is None or wildcard.metadata.get(MARK) != case.deployment.owner:
        return None
    there = [e for slot, e in case.after.endpoints.items() if short(slot) in _slots(wildcard)]
    aliases = {alias for e in there if (alias := alias_of(case.after, e))}
    return (
        [s for s in wanting if alias_of(case.after, case.after.endpoints[s]) not in aliases]
        if aliases
        else None
    )


def labels(truth: Truth, deployment: Deployment, slot: ResourceId) -> set[str]:
    services = granted(truth, deployment, truth.endpoints[slot])
    return {truth.configs[service].hostname.split(".")[0] for service in services}


def _slots(record: RecordSet) -> set[str]:
    return set(claims(record).values())


def _record(
    case: Case, zone: Zone, name: str, wanting: list[ResourceId], *, must: bool = True
) -> Iterator[str]:
    """What is wrong with one name of a zone that these endpoints want."""
    where = f"record {name} of {zone.id}"
    record = zone.records.get(name)
    if record is None and must and wanting:
        yield f"{where} is missing, wanted by {', '.join(slot.name for slot in wanting)}"
    if record is None or record.metadata.get(MARK) != case.deployment.owner:
        return
    told = claims(record)
    holders = {s for s in case.after.incarnations.values() if short(s) in _slots(record)}
    if holders & set(wanting) and sorted(told) != list(record.addresses):
        yield f"{where} has {record.addresses}, but tells of {sorted(told)}"
    for slot in sorted(holders):
        yield from _held(case, record, slot, where, wants=slot in wanting)
    yield from _shared(case.after, holders, wanting, where)
    if record.ttl != 300 and holders & set(wanting):
        yield f"{where} has a TTL of {record.ttl}"


def _held(case: Case, record: RecordSet, slot: ResourceId, where: str, *, wants: bool) -> Iterator[str]:
    mine = {address: claim for address, claim in claims(record).items() if claim == short(slot)}
    zone = case.before.zones.get(record.zone)
    old = zone.records.get(record.name) if zone else None
    if wants:
        yield from _rightly_held(case, slot, mine, where)
    elif not _may_stay(case, slot) and not _is_undecided(case.after, slot, record.name):
        yield f"{where} is held by {slot.name}, which has no right to it"
    elif old is None or any(claims(old).get(address) != claim for address, claim in mine.items()):
        yield f"{where}: what it tells of {slot.name} was changed"


def _rightly_held(case: Case, slot: ResourceId, mine: dict[str, str], where: str) -> Iterator[str]:
    expected = case.after.addresses(case.after.endpoints[slot])
    if tuple(sorted(mine)) != expected:
        yield f"{where} names {sorted(mine)} for {slot.name}, which has {expected}"


def _may_stay(case: Case, slot: ResourceId) -> bool:
    """Whether an endpoint that does not want the record keeps what it has: nobody knows where it belongs."""
    state = standing(case.after, case.deployment, slot)
    homeless = state == "rightful" and placed(case.after, case.deployment, slot) is None
    endpoint = case.after.endpoints.get(slot)
    homeless |= state == "rightful" and endpoint is not None and mistaken(case.after, endpoint)
    return homeless or state in ("stranger", "outside", "held")


def _is_undecided(truth: Truth, slot: ResourceId, name: str) -> bool:
    """Whether the name is that of a service of which it is not decided whether the endpoint gets it."""
    endpoint = truth.endpoints.get(slot)
    held = undecided(truth, endpoint) if endpoint and TAG in endpoint.tags else set()
    return name in {truth.configs[service].hostname.split(".")[0] for service in held}


def _consent(truth: Truth, endpoint: Endpoint) -> tuple[bool, str | None]:
    return endpoint.tags.get(SHARING_TAG) == "shared", alias_of(truth, endpoint)


def _shared(after: Truth, holders: set[ResourceId], wanting: list[ResourceId], where: str) -> Iterator[str]:
    """Several may hold a record only by consent and on one alias; and then all of those who consent do."""
    there = [after.endpoints[s] for s in sorted(holders) if s in after.endpoints]
    kinds = {_consent(after, endpoint) for endpoint in there}
    agreed = len(kinds) == 1 and next(iter(kinds))[0]
    keeping = any(mistaken(after, endpoint) for endpoint in there)
    if len(holders & set(wanting)) > 1 and not agreed and not keeping:
        yield f"{where} is shared without consent"
    for slot in sorted(set(wanting) - holders):
        if agreed and len(there) == len(holders) and _consent(after, after.endpoints[slot]) in kinds:
            yield f"{where} should be shared with {slot.name}"
