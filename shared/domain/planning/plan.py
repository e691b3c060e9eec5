"""The plan: which changes and findings follow from the snapshot and the settings.

| verdict         | registration          | allow lists                | record            | finding                   |
|-----------------|-----------------------|----------------------------|-------------------|---------------------------|
| MANAGE          | created if missing    | match the granted services | see `dns_records` | what prevents a change    |
| MANAGE, mistake in the tag | created if missing | granted services added | nothing removed  | the mistake            |
| RELEASE         | removed               | entries removed            | address removed   | –                         |
| OUT_OF_SCOPE    | unchanged             | unchanged                  | unchanged         | outside-scope, if owned   |
| FOREIGN_SERVICE | former ids removed    | former ids removed         | unchanged         | not-a-clickhouse-endpoint |
| UNKNOWN         | unchanged             | unchanged                  | unchanged         | unreadable                |
| IN_PROGRESS     | unchanged             | unchanged                  | unchanged         | endpoint-in-progress      |
| FAILED          | unchanged             | unchanged                  | unchanged         | endpoint-failed           |

Only what this deployment owns is changed or removed. See `service_index` for mistakes in a tag. Planning is a pure
function: it reads no clock, no setting and no system. A failed read prevents the additions that depend on it and
never causes a removal.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.domain.changes.base import Change, sort_key
from shared.domain.changes.clickhouse import Deregister, Disallow
from shared.domain.changes.dns import DeleteRecord, DnsChange
from shared.domain.changes.outcome import NO_RESULTS, PassResults
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.grouping import grouped
from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import Snapshot
from shared.domain.planning.affected_endpoints import Targets, affected_endpoints
from shared.domain.planning.classification import Verdict, desired_access, verdict_on
from shared.domain.planning.clickhouse import access_findings, allow_lists
from shared.domain.planning.dns.dns_records import plan_record
from shared.domain.planning.dns.record_holders import record_slots
from shared.domain.planning.dns.zone_selection import RecordTarget, record_target, without_conflicting_links
from shared.domain.planning.endpoint_findings import selection_findings, verdict_findings
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess


@dataclass(frozen=True, slots=True)
class Plan:
    """Sorted, so that equal snapshots make equal plans. `hostnames`: by endpoint, service name to host name.

    `withheld` are the changes that a policy or a limit does not permit.
    """

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdicts: Mapping[ResourceId, Verdict] = MappingProxyType({})
    hostnames: Mapping[ResourceId, Mapping[str, str]] = MappingProxyType({})
    withheld: tuple[Change, ...] = ()

    @property
    def in_progress(self) -> frozenset[str]:
        """The ARM ids of the endpoints that are reported as in progress."""
        return frozenset(finding.object for finding in self.findings if finding.code == IN_PROGRESS)


def make_plan(
    snapshot: Snapshot,
    config: DeploymentConfig,
    targets: Targets,
    results: PassResults = NO_RESULTS,
    release_withheld: AbstractSet[ResourceId] = frozenset(),
) -> Plan:
    """The plan for the targets and the endpoints that they affect.

    Endpoints in `release_withheld` are not released although they lost their tag (see `removal_limit`).
    """
    index = PlanningIndex(snapshot, config, results, release_withheld)
    verdicts = {one: verdict_on(index, one) for one in sorted(affected_endpoints(index, targets))}
    to_manage = (one for one, verdict in verdicts.items() if verdict is Verdict.MANAGE)
    managed = [desired for one in to_manage if (desired := desired_access(index, one))]
    to_release = {one for one, verdict in verdicts.items() if verdict is Verdict.RELEASE} - release_withheld
    decisions = [*verdict_findings(index, verdicts), *_records(index, managed, to_release)]
    if snapshot.services() is not None and snapshot.registrations() is not None:
        foreign = [one for one, verdict in verdicts.items() if verdict is Verdict.FOREIGN_SERVICE]
        decisions += _access(index, managed, to_release, foreign)
    deregistrations = {one for one in decisions if isinstance(one, Deregister)}
    refused = {one for one in deregistrations if one.id.lower() in results.deregistrations_refused}
    planned = {one for one in decisions if not isinstance(one, Finding)} - refused
    changes = {with_reason(index, change) for change in planned if _may_remove(index, change)}
    findings = {one for one in decisions if isinstance(one, Finding)}
    findings |= {*_locked(index, changes), *(_left_registered(index, change) for change in refused)}
    hostnames = {one.endpoint.id: one.selection.hostnames for one in managed}
    return Plan(tuple(sorted(changes, key=sort_key)), tuple(sorted(findings)), verdicts, hostnames)


def _may_remove(index: PlanningIndex, change: Change) -> bool:
    """Whether the change removes nothing from an endpoint with a mistake in its tag.

    A registration of this pass whose mark was not stored is removed nevertheless: it gave no access before.
    """
    undone = isinstance(change, Disallow | Deregister) and change.id.lower() in index.results.registered
    return undone or not any(map(index.only_adds, change.taken_from()))


def with_reason(index: PlanningIndex, change: Change) -> Change:
    """The change with the reason of each endpoint that loses something by it."""
    reasons = (_reason(index, change, endpoint) for endpoint in sorted(change.taken_from()))
    return replace(change, reason=" and ".join(filter(None, reasons)))


def _reason(index: PlanningIndex, change: Change, endpoint: ResourceId) -> str:
    if reason := index.release_reason(endpoint):
        return f"{endpoint.name} is {reason}"
    if isinstance(change, DeleteRecord):
        return f"{endpoint.name} does not need it"
    if not isinstance(change, Disallow | Deregister):
        return ""
    found = index.endpoint(endpoint)
    in_use = found and index.access.ownership.id_for(found, index.config)
    if not in_use or in_use.lower() != change.id.lower():
        return f"the id of {endpoint.name} has changed"
    if isinstance(change, Disallow):
        return f"the tag of {endpoint.name} does not request it"
    return "its region or mark is wrong"


def _access(
    index: PlanningIndex, managed: list[DesiredAccess], to_release: AbstractSet[ResourceId], foreign: list[ResourceId]
) -> Iterator[Change | Finding]:
    for desired in managed:
        yield from allow_lists.plan_access(index, desired)
        yield from access_findings.access_findings(index, desired)
        yield from selection_findings(index, desired)
        yield from access_findings.connection_findings(index, desired)
    for endpoint in to_release:
        yield from allow_lists.plan_release(index, endpoint)
        yield from access_findings.release_findings(index, endpoint)
    for endpoint in foreign:
        yield from allow_lists.plan_release(index, endpoint, only_former=True)


def _records(
    index: PlanningIndex, managed: list[DesiredAccess], to_release: AbstractSet[ResourceId]
) -> Iterator[Change | Finding]:
    found = [target for desired in managed if (target := record_target(index, desired))]
    targets = grouped((one.zone.id, one) for one in found if isinstance(one, RecordTarget))
    placed = [target for in_zone in targets.values() for target in in_zone]
    yield from without_conflicting_links([one for one in found if not isinstance(one, RecordTarget)], placed)
    leaving = to_release | {target.endpoint.id for target in placed if not target.selection.only_adds}
    for zone in index.dns.zones:
        for slot in record_slots(index, zone, targets.get(zone.id, []), leaving):
            yield from plan_record(index, slot)


def _left_registered(index: PlanningIndex, change: Deregister) -> Finding:
    reason = index.release_reason(change.endpoint)
    state = f"is {reason}" if reason else "has another id or region now"
    message = f"the endpoint {state}, but {change.id} is still registered"
    cause = "the API key is not permitted to deregister it"
    return Finding("registration-left", str(change.endpoint), f"{message}: {cause}")


def _locked(index: PlanningIndex, changes: set[Change]) -> Iterator[Finding]:
    for change in changes:
        if isinstance(change, DnsChange) and change.zone in index.results.locked_zones:
            message = f"a management lock refuses: {change.verb} {change.summary()}"
            yield Finding("zone-locked", str(change.endpoint), message)
