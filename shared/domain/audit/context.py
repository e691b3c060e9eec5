"""Lookups over the result of an audit run, shared by all parts of the report."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from shared.domain.changes.base import Change
from shared.domain.changes.outcome import Outcome
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import ResourceId
from shared.domain.model.snapshot import ListEndpoints
from shared.domain.ownership.marks import holders_of, is_owned_record
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.policy import Policy
from shared.domain.results.pass_report import Report
from shared.domain.results.report_shares import FailedPass

NO_FAILED_PASSES: Mapping[str, FailedPass] = MappingProxyType({})


@dataclass(frozen=True)
class AuditContext:
    """The report of a reconciliation of everything, and the configuration and policy that it used."""

    report: Report
    config: DeploymentConfig
    policy: Policy
    failed_passes: Mapping[str, FailedPass] = NO_FAILED_PASSES

    @cached_property
    def index(self) -> PlanningIndex:
        return PlanningIndex(self.report.snapshot, self.config)

    @cached_property
    def unapplied(self) -> tuple[Change, ...]:
        """The changes that were not permitted or failed, except those of endpoints in progress."""
        plan = self.report.plan
        in_progress = plan.in_progress
        return tuple(one for one in (*plan.withheld, *plan.changes) if str(one.endpoint) not in in_progress)

    @cached_property
    def failed(self) -> Mapping[Change, Outcome]:
        """The outcome of each change that was permitted, and did not take effect."""
        return {outcome.change: outcome for outcome in self.report.undone}

    @cached_property
    def withheld(self) -> AbstractSet[Change]:
        return frozenset(self.report.plan.withheld)

    @cached_property
    def endpoint_by_id(self) -> Mapping[str, str]:
        """The endpoint of each id on an allow list, by id in lower case. An id that was read beats a mark."""
        marked = {id_: str(endpoint) for id_, endpoint in self.index.access.ownership.endpoint_of.items()}
        return marked | {id_: str(endpoint) for id_, endpoint in self.index.access.ownership.endpoint_by_id.items()}

    @cached_property
    def record_zones(self) -> Mapping[ResourceId, list[ResourceId]]:
        """The zones in which this deployment has a record for an endpoint."""
        zones: defaultdict[ResourceId, list[ResourceId]] = defaultdict(list)
        for record in self.report.snapshot.records():
            if is_owned_record(record, self.config.owner):
                for endpoint in set(holders_of(record).values()):
                    zones[endpoint].append(record.zone)
        return zones

    @cached_property
    def access_readable(self) -> bool:
        """Whether registrations and services could be read from ClickHouse Cloud."""
        snapshot = self.report.snapshot
        return snapshot.services() is not None and snapshot.registrations() is not None

    @cached_property
    def classified(self) -> AbstractSet[str]:
        return {str(endpoint) for endpoint in self.report.plan.verdicts}

    @cached_property
    def unlisted_scopes(self) -> tuple[str, ...]:
        """The prefixes of the ARM ids in scopes whose endpoints could not be listed."""
        reads = self.report.snapshot.unreadable()
        return tuple(f"{read.scope}/" for read in reads if isinstance(read, ListEndpoints))
