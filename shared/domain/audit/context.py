"""What a pass found, as the parts of an audit's report look it up."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from shared.domain.changes import Change
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.findings import Finding
from shared.domain.model.ids import ResourceId, Scope
from shared.domain.model.snapshot import (
    ListEndpoints,
    ReadAddresses,
    ReadConfig,
    ReadEndpoint,
    ReadRegistrations,
    ReadServices,
    ReadZone,
)
from shared.domain.ownership.marks import holders_of, is_owned_record
from shared.domain.planning.endpoint_findings import service_unread
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.policy import drift
from shared.domain.results.pass_report import Report
from shared.domain.results.unfinished_work import read_name


@dataclass(frozen=True)
class Facts:
    """A pass over everything, and the rules it went by."""

    report: Report
    config: DeploymentConfig

    @cached_property
    def index(self) -> PlanningIndex:
        return PlanningIndex(self.report.snapshot, self.config)

    @cached_property
    def to_be_made(self) -> tuple[Change, ...]:
        """The changes still to be made, not permitted or not gone through, but for endpoints in progress."""
        plan = self.report.plan
        in_progress = plan.in_progress
        return tuple(one for one in (*plan.withheld, *plan.changes) if str(one.endpoint) not in in_progress)

    @cached_property
    def findings(self) -> frozenset[Finding]:
        """What one look can tell: what the plan told, all drift, and all that could not be read."""
        return frozenset({*self.report.plan.findings, *map(drift, self.to_be_made), *self._unread()})

    @cached_property
    def whose(self) -> Mapping[str, str]:
        """The endpoint behind each id at ClickHouse Cloud, in lower case, as far as anything tells it."""
        marked = {id_: str(endpoint) for id_, endpoint in self.index.access.ownership.endpoint_of.items()}
        carried = {id_: str(endpoint) for id_, endpoint in self.index.access.endpoint_by_id.items()}
        return {**marked, **carried}

    def is_ours(self, id_: str) -> bool:
        """Whether a registered id, and so its allow-list entries, is ours to remove."""
        return id_.lower() in self.index.access.ownership.endpoint_of

    @cached_property
    def zones_of(self) -> Mapping[ResourceId, list[ResourceId]]:
        """The zones in which an endpoint has a record of ours."""
        found: defaultdict[ResourceId, list[ResourceId]] = defaultdict(list)
        for record in self.report.snapshot.records():
            if is_owned_record(record, self.config.owner):
                for endpoint in set(holders_of(record).values()):
                    found[endpoint].append(record.zone)
        return found

    @cached_property
    def sees_access(self) -> bool:
        """Whether ClickHouse Cloud told who has access."""
        snapshot = self.report.snapshot
        return snapshot.services() is not None and snapshot.registrations() is not None

    def blind_to(self, thing: str) -> bool:
        """Whether this pass could not look at a thing that an earlier one told of."""
        if not self.sees_access or thing in self._hidden:
            return True
        return any(thing.startswith(f"{scope}/") for scope in self._dark) and thing not in self._seen

    @cached_property
    def _hidden(self) -> AbstractSet[str]:
        return {one.object for one in self.findings if one.code == "unreadable"}

    @cached_property
    def _dark(self) -> list[Scope]:
        unread = self.report.snapshot.unreadable()
        return [read.scope for read in unread if isinstance(read, ListEndpoints)]

    @cached_property
    def _seen(self) -> AbstractSet[str]:
        return {str(one) for one in self.report.plan.verdicts}

    def _unread(self) -> Iterator[Finding]:
        """A finding for every read that failed and every service misread; the plan tells those of single endpoints."""
        for one in self.index.services.unread:
            yield Finding("unreadable", one.id or "organization", service_unread(one))
        for read, answer in self.report.snapshot.unreadable().items():
            match read:
                case ReadEndpoint() | ReadAddresses():
                    continue
                case ReadConfig() if answer.refused:
                    continue
                case ReadConfig(service):
                    yield Finding("unreadable", service, answer.reason)
                case ReadZone(zone):
                    yield Finding("unreadable", str(zone), answer.reason)
                case ReadServices() | ReadRegistrations():
                    yield Finding("unreadable", "organization", answer.reason)
                case _:
                    yield Finding("unreadable", read_name(read), answer.reason)
