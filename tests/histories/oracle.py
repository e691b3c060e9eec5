"""Derives the expected state from the current truth, without reads, plans or changes.

The oracle is independent of the app's planning and shares no code with it. `faults_of` compares the state after
all deliveries with the state before, because some items must not change. If the result depends on the order of
events, every valid result is accepted: any endpoint that wants a record may hold it. A registration whose mark
was lost (truncated by the API, or changed manually) is foreign and must not change.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.model.deployment_config import IdKind
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.resources import Endpoint, RecordSet, Service, Zone
from tests.histories.initial_state import MARK, SHARING_TAG, TAG, ZONE_TAG, Deployment, Truth

LOST = "lost"


@dataclass(frozen=True, slots=True)
class Case:
    """A deployment, and the truth before and after all deliveries.

    `needs_service`: the API registers only through a service, so endpoints without one are not registered.
    `manages`: the key can deregister. `forgets`: the API does not store descriptions, so nothing is registered.
    `others`: other deployments with all deliveries; they can have changed endpoints in their own scope.
    """

    before: Truth
    after: Truth
    deployment: Deployment
    needs_service: bool = False
    forgets: bool = False
    manages: bool = True
    others: tuple[Deployment, ...] = ()

    def is_exclusive(self, id_: str) -> bool:
        """Return whether no other deployment has the endpoint of this id in scope."""
        slot = self.after.slot_of_id[id_.lower()]
        return not any(in_scope(slot, other.scopes) for other in self.others)


# Permitted access


def in_scope(resource: ResourceId, scopes: tuple[Scope, ...]) -> bool:
    return any(
        resource.subscription == scope.subscription and scope.resource_group in (None, resource.resource_group)
        for scope in scopes
    )


def alias_of(truth: Truth, endpoint: Endpoint) -> str | None:
    """Return the organization's Private Link service that the endpoint is connected to."""
    known = {truth.configs[s.id].alias for s in truth.services.values() if s.provider == "azure"}
    return next((c.target for c in endpoint.connections if c.target in known), None)


def in_transition(endpoint: Endpoint) -> bool:
    """Return whether Azure is deleting the endpoint, or failed to create it with a tag: nothing of it may change."""
    return endpoint.state == "Deleting" or (endpoint.state == "Failed" and TAG in endpoint.tags)


def classify(truth: Truth, deployment: Deployment, slot: ResourceId) -> str:
    """Return `out of scope`, `in transition`, `released` (absent or untagged), `foreign` (service) or `managed`."""
    endpoint = truth.endpoints.get(slot)
    if not in_scope(slot, deployment.scopes):
        return "out of scope"
    if endpoint is not None and in_transition(endpoint):
        return "in transition"
    if endpoint is None or TAG not in endpoint.tags:
        return "released"
    return "managed" if alias_of(truth, endpoint) else "foreign"


def _matches(part: str, service: Service, truth: Truth) -> bool:
    if part.startswith("tag:"):
        key, _, value = part[4:].partition("=")
        tags = service.tags or {}
        return key in tags and (not value or tags[key] == value)
    if part in ("*", service.id, service.name):
        return True
    return part.lower() == service.name.lower() and not _has_exact_name(part, truth)


def _has_exact_name(name: str, truth: Truth) -> bool:
    return any(s.provider == "azure" and s.name == name for s in truth.services.values())


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_ambiguous(part: str, truth: Truth) -> bool:
    """Return whether several services have this name, so that it selects none."""
    exact = [s for s in truth.services.values() if s.provider == "azure" and s.name == part]
    alike = [s for s in truth.services.values() if s.provider == "azure" and s.name.lower() == part.lower()]
    return len(exact or alike) > 1


def has_tag_error(truth: Truth, endpoint: Endpoint) -> bool:
    """Return whether a part of the tag is not a selector, is ambiguous, or matches no service on Azure."""
    azure = [s for s in truth.services.values() if s.provider == "azure"]
    parts = [part for part in _parts(endpoint.tags.get(TAG, "")) if part != "*"]
    return any(
        _is_ambiguous(part, truth)
        or ";" in part
        or (":" in part and not part.startswith("tag:"))
        or not any(_matches(part, s, truth) for s in azure)
        for part in parts
    )


def _permits(deployment: Deployment, service: Service, truth: Truth) -> bool:
    """SERVICE_FILTER permits services by exact name, but not by a name that matches several in other letter case."""
    if deployment.service_filter is None:
        return True
    parts = [p for p in _parts(deployment.service_filter) if _has_exact_name(p, truth) or not _is_ambiguous(p, truth)]
    return any(_matches(part, service, truth) for part in parts)


def granted(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> set[str]:
    """Return the services that tag, SERVICE_FILTER and Private Link service permit."""
    selectors = [part for part in _parts(endpoint.tags.get(TAG, "")) if not _is_ambiguous(part, truth)]
    return {
        s.id
        for s in truth.services.values()
        if s.provider == "azure"
        and any(_matches(part, s, truth) for part in selectors)
        and _permits(deployment, s, truth)
        and truth.configs[s.id].alias == alias_of(truth, endpoint)
    }


def undecided(truth: Truth, endpoint: Endpoint) -> set[str]:
    """Return the services that only an ambiguous name selects: their allow lists must not change."""
    parts = _parts(endpoint.tags.get(TAG, ""))
    azure = [s for s in truth.services.values() if s.provider == "azure"]
    doubtful = {s.id for s in azure for part in parts if _is_ambiguous(part, truth) and _matches(part, s, truth)}
    certain = {s.id for s in azure for part in parts if not _is_ambiguous(part, truth) and _matches(part, s, truth)}
    return doubtful - certain


def preferred_id(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> str | None:
    """Return the id of the preferred kind, else of the other kind; None if both registrations are foreign."""
    ids = [endpoint.guid, endpoint.arm_id]
    ordered = ids if deployment.id_kind is IdKind.GUID else ids[::-1]
    return next((one for one in ordered if not is_foreign(truth, deployment.owner, one)), None)


def live_ids(endpoint: Endpoint | None) -> set[str]:
    return {endpoint.guid.lower(), endpoint.arm_id.lower()} if endpoint else set()


def zone_of(truth: Truth, deployment: Deployment, endpoint: Endpoint) -> Zone | None:
    """Return the zone for the endpoint's record, if it is unique."""
    alias = alias_of(truth, endpoint)
    if alias is None:
        return None
    name = f"{alias.split('.')[2]}.privatelink.azure.clickhouse.cloud"
    candidates = [z for z in truth.zones.values() if z.id.name == name and in_scope(z.id, deployment.dns_scopes)]
    if (text := endpoint.tags.get(ZONE_TAG)) is not None:
        return next((z for z in candidates if str(z.id).lower() == text.lower()), None)
    linked = [z for z in candidates if endpoint.network in z.networks]
    return linked[0] if len(linked) == 1 else None


def target_zone(truth: Truth, deployment: Deployment, slot: ResourceId) -> Zone | None:
    """Return the zone if the endpoint should have a record, else None."""
    endpoint = truth.endpoints.get(slot)
    if endpoint is None or classify(truth, deployment, slot) != "managed" or not truth.addresses(endpoint):
        return None
    return zone_of(truth, deployment, endpoint)


# Ownership


def claims(record: RecordSet) -> dict[str, str]:
    """Return the endpoint, in short form, that the metadata has for each address."""
    pairs = [value.split(" ") for key, value in record.metadata.items() if key.startswith("endpoint-")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def short_id(slot: ResourceId) -> str:
    return f"{slot.subscription}/{slot.resource_group}/{slot.name}"


def mark_of(owner: str, slot: ResourceId) -> str:
    return f"{MARK}/{owner} {short_id(slot)};"


def owner_of_registration(truth: Truth, id_: str, region: str) -> str:
    """Return who may remove a registration: its creator if the description has its mark, else LOST."""
    creator = truth.creators.get(("registration", id_, region), "hand")
    slot = truth.slot_of_id.get(id_.lower())
    if creator == "hand" or slot is None:
        return "hand"
    marked = truth.registrations[id_, region].description == mark_of(creator, slot)
    return creator if marked else LOST


def owns(truth: Truth, owner: str, id_: str) -> bool:
    return any(owner_of_registration(truth, r.id, r.region) == owner for r in truth.registered(id_))


def is_foreign(truth: Truth, owner: str, id_: str) -> bool:
    return bool(truth.registered(id_)) and not owns(truth, owner, id_)


# Expected state


def faults_of(case: Case) -> list[str]:
    """Return a message for each difference from the expected state of this deployment."""
    slots = sorted(set(case.after.slot_of_id.values()))
    access = [fault for slot in slots for fault in access_faults(case, slot)]
    records = [fault for zone in case.after.zones.values() for fault in _zone(case, zone)]
    return [f"{case.deployment.owner}: {fault}" for fault in [*access, *records]]


def access_faults(case: Case, slot: ResourceId) -> Iterator[str]:
    """Return a message for each difference in the registrations and allow lists of one endpoint."""
    state = classify(case.after, case.deployment, slot)
    endpoint = case.after.endpoints.get(slot)
    ids = sorted(id_ for id_, at in case.after.slot_of_id.items() if at == slot)
    if endpoint and state in ("managed", "foreign") and has_tag_error(case.after, endpoint):
        yield from _nothing_removed(case, ids)
        yield from _check_access(case, endpoint) if state == "managed" else ()
        return
    if state == "managed" and endpoint:
        yield from _check_access(case, endpoint)
        preferred = preferred_id(case.after, case.deployment, endpoint)
        ids = [i for i in ids if preferred is None or i != preferred.lower()]
        ids = [i for i in ids if i not in (live_ids(endpoint) if _must_keep_other_id(case, endpoint) else ())]
    for id_ in ids:
        if state == "in transition" or (state == "foreign" and id_ in live_ids(endpoint)):
            yield from _check_unchanged_id(case, id_)
        elif state != "out of scope":
            yield from _check_released_id(case, id_)


def _nothing_removed(case: Case, ids: list[str]) -> Iterator[str]:
    """If a tag has an error, nothing of its endpoint is removed."""
    for id_ in (id_ for id_ in ids if case.is_exclusive(id_)):
        for service in sorted(case.before.listing(id_) - case.after.listing(id_)):
            yield f"{id_} was removed from {service} although the tag has an error"
        if not {r.region for r in case.before.registered(id_)} <= {r.region for r in case.after.registered(id_)}:
            yield f"{id_} was deregistered although the tag has an error"


def _may_remove(truth: Truth, deployment: Deployment, service: str, id_: str) -> bool:
    """Return whether the deployment may remove an entry: always if no endpoint has its id any more."""
    if id_.lower() not in live_ids(truth.endpoints.get(truth.slot_of_id[id_.lower()])):
        return True
    known = truth.services.get(service)
    return known is None or _permits(deployment, known, truth)


def _must_remove(case: Case, service: str, id_: str) -> bool:
    creator = case.after.creators.get(("entry", service, id_))
    mine = creator == case.deployment.owner or case.is_exclusive(id_)
    return mine and all(_may_remove(truth, case.deployment, service, id_) for truth in (case.before, case.after))


def _must_keep(case: Case, service: str, id_: str) -> bool:
    return not any(_may_remove(truth, case.deployment, service, id_) for truth in (case.before, case.after))


def _must_keep_other_id(case: Case, endpoint: Endpoint) -> bool:
    """Return whether the other kind of id must stay: the preferred one is not allowed yet, or undecided."""
    unclear = undecided(case.after, endpoint)
    preferred = preferred_id(case.after, case.deployment, endpoint)
    if preferred is None:
        return True
    unregistered = (case.needs_service or case.forgets) and not case.after.registered(preferred)
    unallowed = granted(case.after, case.deployment, endpoint) - case.after.listing(preferred)
    return unregistered or bool(unallowed) or any(case.before.listing(id_) & unclear for id_ in live_ids(endpoint))


def _check_access(case: Case, endpoint: Endpoint) -> Iterator[str]:
    before, after, owner = case.before, case.after, case.deployment.owner
    id_ = preferred_id(after, case.deployment, endpoint)
    if id_ is None:
        return  # foreign items must not change: see the guard
    permitted, unclear = granted(after, case.deployment, endpoint), undecided(after, endpoint)
    listing = after.listing(id_)
    if not after.registered(id_) and not (case.needs_service and not permitted) and not case.forgets:
        yield f"{id_} of {endpoint.id} is not registered"
    keeps = has_tag_error(after, endpoint)
    stuck = (keeps or not case.manages) and _is_in_other_region(after, case.deployment, endpoint, id_)
    for service in sorted(permitted - listing) if not case.forgets and not stuck else ():
        yield f"{id_} of {endpoint.id} is not allowed on {service}"
    stayed = {one.region for one in before.registered(id_)} <= {one.region for one in after.registered(id_)}
    for service in sorted((listing ^ before.listing(id_)) & unclear) if stayed and case.is_exclusive(id_) else ():
        yield f"{id_} of {endpoint.id} was changed on {service}, which is named ambiguously"
    for service in sorted(listing - permitted - unclear) if not keeps else ():
        if owns(before, owner, id_) and _must_remove(case, service, id_):
            yield f"{id_} of {endpoint.id} is still allowed on {service}"
    for service in sorted(before.listing(id_) - listing - permitted - unclear):
        mine = owns(before, owner, id_) and not _must_keep(case, service, id_)
        if not mine and case.is_exclusive(id_):
            yield f"{id_} of {endpoint.id} was removed from {service} although it is foreign"


def _is_in_other_region(truth: Truth, deployment: Deployment, endpoint: Endpoint, id_: str) -> bool:
    """Return whether the id is registered in another region, by a previous endpoint of the same name."""
    regions = {truth.services[one].region for one in granted(truth, deployment, endpoint)}
    return not regions & {one.region for one in truth.registered(id_)}


def _check_released_id(case: Case, id_: str) -> Iterator[str]:
    """Check an id that should have no access or registration (any more)."""
    before, after, owner = case.before, case.after, case.deployment.owner
    owned = owns(before, owner, id_)
    staying = any(not _must_remove(case, service, id_) for service in after.listing(id_))
    if owned and owns(after, owner, id_) and not staying and case.manages:
        yield f"{id_} is still registered"
    if not owned and before.registered(id_) != after.registered(id_) and case.is_exclusive(id_):
        yield f"the registration of {id_} was changed although it is foreign"
    for service in sorted(after.listing(id_)):
        if owns(before, owner, id_) and _must_remove(case, service, id_):
            yield f"{id_} is still allowed on {service}"
    for service in sorted(before.listing(id_) - after.listing(id_)):
        if _must_keep(case, service, id_) and case.is_exclusive(id_):
            yield f"{id_} was removed from {service}, which SERVICE_FILTER does not permit"
    for service in sorted(before.listing(id_) ^ after.listing(id_)):
        if not owns(before, owner, id_) and case.is_exclusive(id_):
            yield f"{id_} was changed on {service} although it is foreign"


def _check_unchanged_id(case: Case, id_: str) -> Iterator[str]:
    if not case.is_exclusive(id_):
        return
    registered = case.before.registered(id_) != case.after.registered(id_)
    if registered or case.before.listing(id_) != case.after.listing(id_):
        yield f"{id_} was changed although its endpoint is in transition or foreign"


def _zone(case: Case, zone: Zone) -> Iterator[str]:
    after, deployment = case.after, case.deployment
    wanting = [s for s in sorted(after.endpoints) if (z := target_zone(after, deployment, s)) and z.id == zone.id]
    yield from _record(case, zone, "*", wanting)
    apart = _on_other_service(case, zone, wanting)
    names = {*zone.records, *(name for slot in wanting for name in labels(after, deployment, slot))} - {"*"}
    for name in sorted(names):
        candidates = wanting if apart is None else apart
        named = [slot for slot in candidates if name in labels(after, deployment, slot)]
        yield from _record(case, zone, name, named, must=apart is not None)


def _on_other_service(case: Case, zone: Zone, wanting: list[ResourceId]) -> list[ResourceId] | None:
    """Return the endpoints on another Private Link service than the wildcard; None if that is unknown."""
    wildcard = zone.records.get("*")
    if wildcard is None or wildcard.metadata.get(MARK) != case.deployment.owner:
        return None
    holding = [e for slot, e in case.after.endpoints.items() if short_id(slot) in _slots(wildcard)]
    aliases = {alias for e in holding if (alias := alias_of(case.after, e))}
    return [s for s in wanting if alias_of(case.after, case.after.endpoints[s]) not in aliases] if aliases else None


def labels(truth: Truth, deployment: Deployment, slot: ResourceId) -> set[str]:
    services = granted(truth, deployment, truth.endpoints[slot])
    return {truth.configs[service].hostname.split(".")[0] for service in services}


def _slots(record: RecordSet) -> set[str]:
    return set(claims(record).values())


def _record(case: Case, zone: Zone, name: str, wanting: list[ResourceId], *, must: bool = True) -> Iterator[str]:
    """Check one record set of a zone that these endpoints want."""
    where = f"record {name} of {zone.id}"
    record = zone.records.get(name)
    if record is None and must and wanting:
        yield f"{where} is missing, wanted by {', '.join(slot.name for slot in wanting)}"
    if record is None or record.metadata.get(MARK) != case.deployment.owner:
        return
    claimed = claims(record)
    holders = {s for s in case.after.slot_of_id.values() if short_id(s) in _slots(record)}
    if holders & set(wanting) and sorted(claimed) != list(record.addresses):
        yield f"{where} has {record.addresses}, but its metadata has {sorted(claimed)}"
    for slot in sorted(holders):
        yield from _check_holder(case, record, slot, where, wants=slot in wanting)
    yield from _shared(case.after, holders, wanting, where)
    if record.ttl != 300 and holders & set(wanting):
        yield f"{where} has a TTL of {record.ttl}"


def _check_holder(case: Case, record: RecordSet, slot: ResourceId, where: str, *, wants: bool) -> Iterator[str]:
    mine = {address: claim for address, claim in claims(record).items() if claim == short_id(slot)}
    zone = case.before.zones.get(record.zone)
    old = zone.records.get(record.name) if zone else None
    if wants:
        yield from _check_entitled_holder(case, slot, mine, where)
    elif not _may_stay(case, slot) and not _is_undecided(case.after, slot, record.name):
        yield f"{where} is held by {slot.name}, which is not entitled to it"
    elif old is None or any(claims(old).get(address) != claim for address, claim in mine.items()):
        yield f"{where}: the metadata of {slot.name} was changed"


def _check_entitled_holder(case: Case, slot: ResourceId, mine: dict[str, str], where: str) -> Iterator[str]:
    expected = case.after.addresses(case.after.endpoints[slot])
    if tuple(sorted(mine)) != expected:
        yield f"{where} names {sorted(mine)} for {slot.name}, which has {expected}"


def _may_stay(case: Case, slot: ResourceId) -> bool:
    """Return whether an endpoint that does not want the record keeps its addresses: its zone is unknown."""
    state = classify(case.after, case.deployment, slot)
    without_zone = state == "managed" and target_zone(case.after, case.deployment, slot) is None
    endpoint = case.after.endpoints.get(slot)
    without_zone |= state == "managed" and endpoint is not None and has_tag_error(case.after, endpoint)
    return without_zone or state in ("foreign", "out of scope", "in transition")


def _is_undecided(truth: Truth, slot: ResourceId, name: str) -> bool:
    """Return whether the name is that of a service that only an ambiguous name selects."""
    endpoint = truth.endpoints.get(slot)
    unclear = undecided(truth, endpoint) if endpoint and TAG in endpoint.tags else set()
    return name in {truth.configs[service].hostname.split(".")[0] for service in unclear}


def _consent(truth: Truth, endpoint: Endpoint) -> tuple[bool, str | None]:
    return endpoint.tags.get(SHARING_TAG) == "shared", alias_of(truth, endpoint)


def _shared(after: Truth, holders: set[ResourceId], wanting: list[ResourceId], where: str) -> Iterator[str]:
    """Endpoints share a record only with consent and the same alias; then all that consent share it."""
    there = [after.endpoints[s] for s in sorted(holders) if s in after.endpoints]
    kinds = {_consent(after, endpoint) for endpoint in there}
    agreed = len(kinds) == 1 and next(iter(kinds))[0]
    keeping = any(has_tag_error(after, endpoint) for endpoint in there)
    if len(holders & set(wanting)) > 1 and not agreed and not keeping:
        yield f"{where} is shared without consent"
    for slot in sorted(set(wanting) - holders):
        if agreed and len(there) == len(holders) and _consent(after, after.endpoints[slot]) in kinds:
            yield f"{where} should be shared with {slot.name}"
