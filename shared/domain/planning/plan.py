"""The decision: from what was read and what the settings permit, what is to be changed and told.

| verdict         | registration           | allow lists              | wildcard record   | finding                    |
|-----------------|------------------------|--------------------------|-------------------|----------------------------|
| MANAGE          | created if missing     | exactly the granted ones | see `dns_records` | whatever prevents it       |
| RELEASE         | ours removed           | ours removed             | ours removed      | –                          |
| OUT_OF_SCOPE    | unchanged              | unchanged                | unchanged         | outside-scope, where owned |
| FOREIGN_SERVICE | our stale ids removed  | our stale ids removed    | unchanged         | not-a-clickhouse-endpoint  |
| UNKNOWN         | unchanged              | unchanged                | unchanged         | unreadable                 |
| IN_PROGRESS     | unchanged              | unchanged                | unchanged         | endpoint-in-progress       |
| FAILED          | unchanged              | unchanged                | unchanged         | endpoint-failed            |

Nothing here reads a clock, a setting or a system. What could not be read blocks additions that depend
on it and never causes a removal.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.changes import IN_A_ZONE, Change, Deregister, sort_key, with_reason
from shared.domain.changes.pass_results import NO_RESULTS, PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, Zone
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.planning import endpoint_findings
from shared.domain.planning.access import allow_lists
from shared.domain.planning.affected_endpoints import Targets, actors
from shared.domain.planning.classification import Verdict, private_link, verdict_on
from shared.domain.planning.dns import dns_records
from shared.domain.planning.dns.zone_selection import (
    Blocker,
    RecordTarget,
    addresses_for,
    labels_perhaps,
    settled,
    zone_for,
)
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.provisioning_state import findings_on_progress


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

    @property
    def in_progress(self) -> frozenset[str]:
        """The ARM ids of the endpoints that Azure is still at work on, as far as they are reported."""
        return frozenset(finding.object for finding in self.findings if finding.code == IN_PROGRESS)


def make_plan(
    snapshot: Snapshot,
    config: DeploymentConfig,
    targets: Targets,
    results: PassResults = NO_RESULTS,
    kept: AbstractSet[ResourceId] = frozenset(),
) -> Plan:
    """The plan for the targets, and for those whom the end of another endpoint concerns.

    The endpoints in `kept` keep what they have, although they lost their tag (see `safety`).
    """
    index = PlanningIndex(snapshot, config, results, kept)
    verdicts = {one: verdict_on(index, one) for one in sorted(actors(index, targets))}
    wishes = list(_wishes(index, verdicts))
    told: list[Change | Finding] = [*endpoint_findings.of_verdicts(index, verdicts)]
    told += findings_on_progress(snapshot, verdicts)
    undone = {one for one, verdict in verdicts.items() if verdict is Verdict.RELEASE} - kept
    told += _records(index, wishes, undone)
    if snapshot.services() is not None and snapshot.registrations() is not None:
        told += _access(index, verdicts, wishes)
    planned = {one for one in told if not isinstance(one, Finding)}
    left = {one for one in planned if isinstance(one, Deregister) and _may_not_deregister(index, one)}
    changes = {with_reason(change, snapshot, config) for change in planned - left}
    findings = (
        {one for one in told if isinstance(one, Finding)} | _locked(index, changes) | set(map(_left, left))
    )
    hostnames = {
        desired.endpoint.id: index.services.hostnames_of(desired.selection.granted) for desired in wishes
    }
    return Plan(tuple(sorted(changes, key=sort_key)), tuple(sorted(findings)), verdicts, hostnames)


def _may_not_deregister(index: PlanningIndex, change: Deregister) -> bool:
    return change.id.lower() in index.results.deregistrations_refused


def _left(change: Deregister) -> Finding:
    message = f"the registration of {change.id} is left: the API key may not deregister it"
    return Finding("registration-left", str(change.endpoint), message)


def _locked(index: PlanningIndex, changes: set[Change]) -> set[Finding]:
    """The changes that a management lock on their zone has refused in this pass."""
    in_locked = [
        one for one in changes if isinstance(one, IN_A_ZONE) and one.zone in index.results.locked_zones
    ]
    return {
        Finding("zone-locked", str(one.endpoint), f"a management lock refuses: {one.verb} {one.summary()}")
        for one in in_locked
    }


def _wishes(
    index: PlanningIndex, verdicts: Mapping[ResourceId, Verdict]
) -> Iterator[allow_lists.DesiredAccess]:
    for endpoint, verdict in verdicts.items():
        found = index.snapshot.get(ReadEndpoint(endpoint))
        if verdict is Verdict.MANAGE and isinstance(found, Endpoint):
            connection = private_link(index, found)
            assert connection is not None, "the verdict says so"
            yield allow_lists.DesiredAccess(
                found, connection.target, index.services.selection(found, connection.target)
            )


def _access(
    index: PlanningIndex, verdicts: Mapping[ResourceId, Verdict], wishes: list[allow_lists.DesiredAccess]
) -> Iterator[Change | Finding]:
    for endpoint, verdict in verdicts.items():
        if verdict is Verdict.RELEASE and endpoint not in index.kept:
            yield from allow_lists.plan_release(index, endpoint)
            yield from endpoint_findings.of_release(index, endpoint)
        if verdict is Verdict.FOREIGN_SERVICE:
            yield from allow_lists.plan_release_of_retired(index, endpoint)
    for desired in wishes:
        yield from allow_lists.plan_access(index, desired)
        yield from endpoint_findings.of_access(index, desired)
        yield from endpoint_findings.of_selection(index, desired)
        yield from endpoint_findings.of_connection(desired)


def _records(
    index: PlanningIndex, wishes: list[allow_lists.DesiredAccess], undone: set[ResourceId]
) -> Iterator[Change | Finding]:
    found = [one for desired in wishes if (one := _placement(index, desired))]
    placed = [one for one in found if isinstance(one, RecordTarget)]
    yield from settled([one for one in found if not isinstance(one, RecordTarget)], placed)
    placements: defaultdict[ResourceId, list[RecordTarget]] = defaultdict(list)
    for one in placed:
        placements[one.zone.id].append(one)
    leaving = undone | {one.endpoint.id for one in placed}
    for zone in index.dns.zones:
        yield from dns_records.plan_zone(index, zone, placements[zone.id], leaving)


def _placement(index: PlanningIndex, desired: allow_lists.DesiredAccess) -> RecordTarget | Blocker | None:
    addresses = addresses_for(index, desired.endpoint)
    if isinstance(addresses, Finding):
        return addresses
    if not addresses:
        return None
    zone = zone_for(index, desired.endpoint, index.services.zone_names[desired.alias.lower()])
    if not isinstance(zone, Zone):
        return zone
    labels = index.services.labels_of(desired.selection.granted)
    perhaps = labels_perhaps(index, desired.selection)
    return RecordTarget(desired.endpoint, zone, desired.alias, addresses, labels, perhaps)
