"""An endpoint's way into ClickHouse Cloud, explained: services, registration, allow lists, connection."""

from collections.abc import Iterator

from shared.domain.explaining_words import Case, known_from, ok, unchecked, unsure, wrong
from shared.domain.findings import CATALOGUE
from shared.domain.model import Status, Unreadable
from shared.domain.steps import Step
from shared.domain.world import ReadRegistrations

_REFUSALS = ("service-not-permitted", "service-on-other-private-link", "service-not-found")
_REMEDIES = {Status.REJECTED: "endpoint-rejected", Status.DISCONNECTED: "endpoint-disconnected"}


def steps(case: Case) -> Iterator[Step]:
    yield _services(case)
    yield _registration(case)
    yield _allow_list(case)
    yield _connection(case)


def _services(case: Case) -> Step:
    granted = f"it is to reach {case.names(case.chosen.granted)}"
    if told := known_from(case.plan, case.endpoint.id, *_REFUSALS):
        return wrong("services", f"{told.message}; {granted}", told.remedy)
    if case.chosen.held:
        told = known_from(case.plan, case.endpoint.id, "unreadable", "bad-selector")
        seen = told.message if told else "some could not be told"
        remedy = told.remedy if told else CATALOGUE["unreadable"][1]
        return unsure("services", f"{seen}; {granted}", remedy)
    if not case.chosen.granted:
        return wrong("services", "its tag selects none", CATALOGUE["no-service-selected"][1])
    return ok("services", granted)


def _registration(case: Case) -> Step:
    answer = case.view.world.get(ReadRegistrations())
    if not isinstance(answer, tuple):
        reason = answer.reason if isinstance(answer, Unreadable) else "the registrations were not read"
        return unsure("registration", reason, CATALOGUE["unreadable"][1])
    found = case.view.registrations.get(case.id.lower())
    if not found:
        return wrong("registration", f"{case.id} is not registered", CATALOGUE["registration-missing"][1])
    ours = case.id.lower() in case.view.owned.get(case.endpoint.id, ())
    by = "by this deployment" if ours else f"by somebody else: {found.description or 'no description'}"
    where = case.view.by_id[min(case.view.behind[case.connection.target.lower()])].region
    if found.region not in ("", where):
        seen = f"{found.id} is, but for {found.region}, while its services are in {where}"
        return wrong("registration", seen, CATALOGUE["registration-missing"][1])
    return ok("registration", f"{found.id}, {by}")


def _allow_list(case: Case) -> Step:
    if not case.chosen.granted:
        return unchecked("allow list", "services")
    listing = {service.id for service in case.view.listing.get(case.id.lower(), ())}
    missing = case.chosen.granted - listing
    if missing:
        seen = f"{case.id} is missing on that of {case.names(missing)}"
        return wrong("allow list", seen, CATALOGUE["allow-list-missing"][1])
    return ok("allow list", f"{case.id} is on that of {case.names(case.chosen.granted)}")


def _connection(case: Case) -> Step:
    status = case.connection.status
    if status == Status.APPROVED:
        return ok("connection", status)
    if status == Status.PENDING:
        listed = case.view.listing.get(case.id.lower(), ())
        waits = "its id is on an allow list: approval takes some minutes" if listed else "no service lists it"
        remedy = (
            "Wait some minutes; if it stays so, have ClickHouse's support look at it."
            if listed
            else "None here: ClickHouse approves it once its id is on a service's allow list."
        )
        return wrong("connection", f"{status}; {waits}", remedy)
    if status in Status:
        return wrong("connection", status, CATALOGUE[_REMEDIES[Status(status)]][1])
    return unsure("connection", f"Azure calls it {status or 'nothing'}", "Look at it in the Azure portal.")
