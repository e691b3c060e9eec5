"""What the steps of an explanation have in common: the endpoint's connection, and remedies from the plan."""

from dataclasses import dataclass

from shared.domain.model.findings import CATALOGUE, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Connection, Endpoint
from shared.domain.model.text import counted
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import Selection


@dataclass(frozen=True, slots=True)
class Case:
    """An endpoint whose `connection` is to a Private Link service of the organization."""

    index: PlanningIndex
    plan: Plan
    endpoint: Endpoint
    connection: Connection
    selection: Selection

    @property
    def id(self) -> str:
        """The id to register: the preferred kind if both are foreign, the ARM id while there is no GUID."""
        config, endpoint = self.index.config, self.endpoint
        return self.index.access.ownership.id_for(endpoint, config) or config.id_of(endpoint) or endpoint.arm_id

    @property
    def zone_name(self) -> str:
        return self.index.services.zone_names[self.connection.target.lower()]

    def names(self, services: frozenset[str]) -> str:
        return ", ".join(sorted(self.index.services.by_id[service].label for service in services)) or "no service"

    def finding(self, *codes: str) -> Finding | None:
        return finding_on(self.plan, self.endpoint.id, *codes)

    def remedy(self, code: str, *kinds: type) -> str:
        """The remedy of a finding if the plan has a change of these kinds; otherwise that of what prevents it."""
        at = self.endpoint.id
        if any(isinstance(one, kinds) and one.endpoint == at for one in self.plan.changes):
            return CATALOGUE[code][1]
        blocking = [one for one in self.plan.findings if one.object == str(at)]
        worst = min(blocking, key=lambda one: one.severity.rank, default=None)
        return f"{worst.message}: {worst.remedy}" if worst else "Run explain again: the state changed meanwhile."


def finding_on(plan: Plan, endpoint: ResourceId, *codes: str) -> Finding | None:
    """The plan's first finding on the endpoint with one of these codes."""
    return next((one for one in plan.findings if one.object == str(endpoint) and one.code in codes), None)


def leftovers(plan: Plan, endpoint: ResourceId) -> str:
    """What sync would remove of an endpoint that is to have nothing; "" for nothing."""
    count = sum(1 for change in plan.changes if change.endpoint == endpoint and change.removes)
    return f"; sync would remove what it still has ({counted(count, 'removal')})" if count else ""
