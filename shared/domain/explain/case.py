"""What the steps of an explanation share: the endpoint, and what the plan says about a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.domain.changes.base import Change
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.planning.classification import Verdict, desired_access
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.selection import DesiredAccess
from shared.domain.preflight.check_result import CheckResult, failed, unknown

AGAIN = "Run explain again: the state changed meanwhile."

type MissingPermissions = Mapping[ResourceId, tuple[str, ...]]
NONE_MISSING: MissingPermissions = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Case:
    """The endpoint to explain. `missing`: the actions by zone that the caller is not permitted, as far as is known."""

    index: PlanningIndex
    plan: Plan
    at: ResourceId
    missing: MissingPermissions = NONE_MISSING

    @property
    def managed(self) -> bool:
        return self.plan.verdicts.get(self.at) is Verdict.MANAGE

    @property
    def desired(self) -> DesiredAccess:
        """What the endpoint selects; only if it is managed."""
        desired = desired_access(self.index, self.at)
        assert desired is not None, "a managed endpoint is connected"
        return desired

    @property
    def endpoint(self) -> Endpoint:
        return self.desired.endpoint

    @property
    def keys(self) -> list[str]:
        """The endpoint's ids in lower case, the one to register first."""
        return sorted(self.endpoint.ids, key=lambda key: key != self.id.lower())

    @property
    def id(self) -> str:
        """The id to register: the preferred kind if both are foreign, the ARM id while there is no GUID."""
        config, endpoint = self.index.config, self.endpoint
        return self.index.access.ownership.id_for(endpoint, config) or config.id_of(endpoint) or endpoint.arm_id

    def names(self, services: frozenset[str]) -> str:
        return ", ".join(sorted(self.index.services.by_id[service].label for service in services)) or "no service"

    def finding(self, *codes: str) -> Finding | None:
        """The plan's first finding on the endpoint with one of these codes."""
        return next((one for one in self.plan.findings if one.object == str(self.at) and one.code in codes), None)

    def change(self, *kinds: type[Change]) -> Change | None:
        """The first planned change of these kinds that is for the endpoint, or gives it an address in a record."""
        changes = (change for change in self.plan.changes if isinstance(change, kinds))
        return next((one for one in changes if one.endpoint == self.at or ("written", self.at) in one.provides()), None)

    def failure(
        self, detail: str, kinds: tuple[type[Change], ...], codes: tuple[str, ...], otherwise: str = AGAIN
    ) -> CheckResult:
        """Failed, with the remedy of the planned change; without one, with the finding that prevents it."""
        if change := self.change(*kinds):
            return failed(detail, CATALOGUE[change.drift][1])
        finding = self.finding(*codes)
        return failed(f"{detail}: {finding.message}", finding.remedy) if finding else failed(detail, otherwise)


def result_of(finding: Finding, more: str = "") -> CheckResult:
    """The result of a step that has this finding; unknown for a failed read and for what Azure has not finished."""
    make = unknown if finding.code in ("unreadable", IN_PROGRESS) else failed
    return make(f"{finding.message}{more}", finding.remedy)
