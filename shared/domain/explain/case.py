"""What the steps of an explanation have in common: their names, questions and forms."""

from dataclasses import dataclass

from shared.domain.model.findings import CATALOGUE, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Connection, Endpoint
from shared.domain.planning.plan import Plan
from shared.domain.planning.planning_index import PlanningIndex
from shared.domain.planning.service_index import Selection
from shared.domain.preflight.steps import Answer, Step

QUESTIONS = {
    "scope": "Does it lie in ENDPOINT_SCOPES?",
    "endpoint": "Does it exist?",
    "tag": "Does it ask, by its tag?",
    "private link service": "Is it connected to a Private Link service of the organization?",
    "services": "May it reach every service that it asks for?",
    "registration": "Is its id registered with the organization?",
    "allow list": "Is its id on the allow list of each of these services?",
    "connection": "Is the connection approved?",
    "address": "Has it a private address?",
    "zone": "Is there a private DNS zone of the name that clients look up?",
    "link": "Is that zone linked to its virtual network?",
    "record": "Do the names that clients use lead to its address?",
    "names": "Which names must clients use?",
}
NAMES = tuple(QUESTIONS)


@dataclass(frozen=True, slots=True)
class Case:
    """An endpoint that is connected, by `connection`, to a Private Link service of the organization."""

    index: PlanningIndex
    plan: Plan
    endpoint: Endpoint
    connection: Connection
    chosen: Selection

    @property
    def id(self) -> str:
        """The id to register it under; the preferred one if both are foreign, its ARM id while it has no GUID."""
        config, known = self.index.config, self.endpoint
        return self.index.access.ownership.id_for(known, config) or config.id_of(known) or known.arm_id

    def names(self, services: frozenset[str]) -> str:
        """The names of these services, for a sentence."""
        return ", ".join(sorted(self.index.services.by_id[service].label for service in services)) or "none"


def ok(name: str, seen: str) -> Step:
    return Step(name, QUESTIONS[name], Answer.OK, seen)


def wrong(name: str, seen: str, remedy: str) -> Step:
    return Step(name, QUESTIONS[name], Answer.NOT_OK, seen, remedy)


def unsure(name: str, seen: str, remedy: str) -> Step:
    return Step(name, QUESTIONS[name], Answer.NOT_KNOWN, seen, remedy)


def unchecked(name: str, because: str) -> Step:
    """A step that says nothing while the one named `because` is as it is."""
    return Step(name, QUESTIONS[name], Answer.NOT_CHECKED, f"because of {because}")


def mending(case: Case, code: str, *kinds: type) -> str:
    """The remedy of a finding that a change of one of these kinds would mend, if the plan has such a change."""
    planned = any(isinstance(one, kinds) and one.endpoint == case.endpoint.id for one in case.plan.changes)
    if planned:
        return CATALOGUE[code][1]
    severe = [one for one in case.plan.findings if one.object == str(case.endpoint.id)]
    worst = max(severe, key=lambda one: one.severity, default=None)
    return f"{worst.message}: {worst.remedy}" if worst else "Explain it again: it has changed meanwhile."


def known_from(plan: Plan, endpoint: ResourceId, *codes: str) -> Finding | None:
    """The plan's first finding on the endpoint with one of these codes."""
    about = (one for one in plan.findings if one.object == str(endpoint) and one.code in codes)
    return next(about, None)
