"""The decision: from what was read and what the settings permit, what is to be changed and told.

| verdict  | registration       | allow lists             | wildcard record      | told                       |
|----------|--------------------|-------------------------|----------------------|----------------------------|
| CONNECT  | made if missing    | just the granted ones   | see `records`        | what stands in the way     |
| UNDO     | ours removed       | ours removed            | ours removed         | –                          |
| OUTSIDE  | left               | left                    | left                 | outside-scope, where owned |
| STRANGER | left, but of an id that names nobody any more | as left | left          | not-a-clickhouse-endpoint  |
| UNKNOWN  | left               | left                    | left                 | unreadable                 |

Nothing here reads a clock, a setting or a system. What could not be read blocks additions that depend
on it and never causes a removal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from shared.domain import access, records, telling, witness
from shared.domain.changes import Change, sort_key
from shared.domain.findings import Finding
from shared.domain.ids import ResourceId
from shared.domain.learned import NOTHING_LEARNED, Learned
from shared.domain.marks import MOST_FORMER, Claim, shortened, words_of
from shared.domain.model import Endpoint, Zone
from shared.domain.placing import (
    Obstacle,
    Placement,
    addresses_for,
    labels_of,
    labels_perhaps,
    settled,
    zone_for,
)
from shared.domain.rules import Rules
from shared.domain.targets import Targets, actors
from shared.domain.verdicts import Verdict, private_link, selection, verdict_on
from shared.domain.view import View
from shared.domain.world import ReadEndpoint, World

# Told of what is left of an endpoint that is undone.
LEFT_BEHIND = frozenset({"registration-foreign", "allow-list-outside-filter"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Sorted, so that equal worlds make equal plans. `hostnames`: by endpoint, service name to host name.

    `withheld` are the changes that would be right, but that a policy or a limit does not permit.
    """

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdicts: Mapping[ResourceId, Verdict] = field(default_factory=lambda: MappingProxyType({}))
    hostnames: Mapping[ResourceId, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    withheld: tuple[Change, ...] = ()

    def after(self, earlier: "Plan") -> "Plan":
        """This plan, with what an earlier one told of endpoints that have been undone since.

        What is left of them that is not ours is not to be seen any more once our marks are gone.
        """
        undone = {str(one) for one, verdict in self.verdicts.items() if verdict is Verdict.UNDO}
        told = {one for one in earlier.findings if one.code in LEFT_BEHIND and one.object in undone}
        return replace(self, findings=tuple(sorted({*self.findings, *told})))


def make_plan(world: World, rules: Rules, targets: Targets, learned: Learned = NOTHING_LEARNED) -> Plan:
    """The plan for the targets, and for those whom the end of another endpoint concerns."""
    view = View(world, rules, learned)
    verdicts = {one: verdict_on(view, one) for one in sorted(actors(view, targets))}
    wishes = list(_wishes(view, verdicts))
    told: list[Change | Finding] = [*telling.of_verdicts(view, verdicts)]
    undone = {one for one, verdict in verdicts.items() if verdict is Verdict.UNDO}
    if world.services() is not None and world.registrations() is not None:
        told += _access(view, verdicts, wishes)
        told += _records(view, wishes, undone)
        told = list(witness.only_witnessed(view, wishes, told))
    changes = {one for one in told if not isinstance(one, Finding)}
    findings = {one for one in told if isinstance(one, Finding)}
    hostnames = {wish.endpoint.id: _hostnames(view, wish) for wish in wishes}
    return Plan(tuple(sorted(changes, key=sort_key)), tuple(sorted(findings)), verdicts, hostnames)


def _wishes(view: View, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[access.Connecting]:
    for endpoint, verdict in verdicts.items():
        found = view.world.get(ReadEndpoint(endpoint))
        if verdict is Verdict.CONNECT and isinstance(found, Endpoint):
            connection = private_link(view, found)
            assert connection is not None, "the verdict says so"
            yield access.Connecting(found, connection.target, selection(view, found, connection.target))


def _access(
    view: View, verdicts: Mapping[ResourceId, Verdict], wishes: list[access.Connecting]
) -> Iterator[Change | Finding]:
    for endpoint, verdict in verdicts.items():
        if verdict is Verdict.UNDO:
            yield from access.undo(view, endpoint)
            yield from telling.of_undoing(view, endpoint)
        if verdict is Verdict.STRANGER:
            yield from access.undo_former(view, endpoint)
    for wish in wishes:
        yield from access.connect(view, wish)
        yield from telling.of_access(view, wish)
        yield from telling.of_selection(view, wish)
        yield from telling.of_connection(wish)


def _records(
    view: View, wishes: list[access.Connecting], undone: set[ResourceId]
) -> Iterator[Change | Finding]:
    found = [_placement(view, wish) for wish in wishes]
    placed = [one for one in found if isinstance(one, Placement)]
    yield from settled([one for one in found if not isinstance(one, Placement)], placed)
    placements: defaultdict[ResourceId, list[Placement]] = defaultdict(list)
    for one in placed:
        placements[one.zone.id].append(one)
    leaving = undone | {one.endpoint.id for one in placed}
    for zone in view.zones:
        yield from records.plan_zone(view, zone, placements[zone.id], leaving)


def _placement(view: View, wish: access.Connecting) -> Placement | Obstacle:
    addresses = addresses_for(view, wish.endpoint)
    if isinstance(addresses, Finding):
        return addresses
    zone = zone_for(view, wish.endpoint, view.zone_names[wish.alias.lower()])
    if not isinstance(zone, Zone):
        return zone
    labels = labels_of(view, wish.selection.granted)
    perhaps = labels_perhaps(view, wish.selection)
    return Placement(wish.endpoint, zone, wish.alias, addresses, labels, _claim(view, wish), perhaps)


def _claim(view: View, wish: access.Connecting) -> Claim:
    """What the endpoint's records are to tell: under which id it is registered, and whether by us.

    | its id                                                       | told                               |
    |--------------------------------------------------------------|------------------------------------|
    | to be registered, or registered by us                        | as ours                            |
    | registered by somebody else                                  | with the services that we allow    |
    | its registration has just failed                             | none: a record claims nothing else |
    | another kind of id is somebody else's, and allowed by us yet | that one                           |

    What else is ours, and marked by no description, is told as `former`.
    """
    endpoint = wish.endpoint
    wanted = view.rules.id_of(endpoint).lower()
    owned = view.owned.get(endpoint.id, frozenset())
    there = {one for one in (*owned, wanted) if one in view.registrations or one in view.listing}
    # To take away `view.marked.keys()` would walk through all of them, for each endpoint anew.
    untold = sorted(one for one in owned & there if one not in view.marked and one != wanted)
    former = frozenset(untold[:MOST_FORMER])
    words = _words(view, endpoint.id, former | (owned & {wanted}))
    if wanted not in view.registrations:  # The API will make the same of our words as it made before.
        words |= view.words.get(endpoint.id, frozenset())
    claim = Claim(endpoint.id, _told_id(endpoint, wanted), former=former, words=words)
    ours = wanted in owned or wanted not in view.registrations
    if ours and (other := access.lent_before(view, wish)):
        unmarked = (wanted in there and wanted not in view.marked) or view.learned.marks_lost
        told, lent = _told_id(endpoint, other), view.lent[endpoint.id][other]
        return replace(
            claim, id=told, ours=False, lent=lent, former=former | ({wanted} if unmarked else set())
        )
    if access.is_refused(view, wish):
        return replace(claim, id=None)
    return claim if ours else replace(claim, ours=False, lent=access.lent_to(view, wish))


def _told_id(endpoint: Endpoint, registered: str) -> str:
    return registered if registered == endpoint.guid.lower() else str(endpoint.id)


def _words(view: View, endpoint: ResourceId, ids: Iterable[str]) -> frozenset[str]:
    """The hashes of what the API made of our descriptions, where it is neither the same nor shortened."""
    found = [view.registrations[one].description for one in ids if one in view.registrations]
    return frozenset(words_of(one) for one in found if not shortened(one, view.rules.owner, endpoint))


def _hostnames(view: View, wish: access.Connecting) -> Mapping[str, str]:
    """What clients must use, for each service that the endpoint reaches, by service name."""
    granted = wish.selection.granted
    return view.once(("hostnames", granted), lambda: _hostnames_of(view, granted))


def _hostnames_of(view: View, services: frozenset[str]) -> Mapping[str, str]:
    names = {view.by_id[service].name: view.configs[service].hostname for service in services}
    return MappingProxyType(dict(sorted(names.items())))
