"""An endpoint's way into ClickHouse Cloud, explained: services, registration, allow lists, connection."""

from collections.abc import Iterator

from shared.domain.changes import Allow, Deregister, Register
from shared.domain.explain.case import Case, known_from, mending, ok, unchecked, unsure, wrong
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.resources import ReadFailed, Registration, Status
from shared.domain.model.snapshot import ReadRegistrations
from shared.domain.preflight.steps import Step

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
    if case.chosen.undecided:
        told = known_from(case.plan, case.endpoint.id, "unreadable", "bad-selector")
        seen = told.message if told else "some could not be told"
        remedy = told.remedy if told else CATALOGUE["unreadable"][1]
        return unsure("services", f"{seen}; {granted}", remedy)
    if case.chosen.without_private_link:
        remedy = CATALOGUE["service-without-private-link"][1]
        names = case.names(case.chosen.without_private_link)
        return wrong("services", f"the private endpoint config of {names} is refused; {granted}", remedy)
    if not case.chosen.granted:
        return wrong("services", "its tag selects none", CATALOGUE["no-service-selected"][1])
    return ok("services", granted)


def _registration(case: Case) -> Step:
    answer = case.index.snapshot.get(ReadRegistrations())
    if not isinstance(answer, tuple):
        reason = answer.reason if isinstance(answer, ReadFailed) else "the registrations were not read"
        return unsure("registration", reason, CATALOGUE["unreadable"][1])
    known = [one for key in _kinds(case) if (one := case.index.access.registrations.get(key))]
    if not known:
        remedy = mending(case, "registration-missing", Register)
        return wrong("registration", f"{case.id} is not registered", remedy)
    return _registered(case, known[0])


def _kinds(case: Case) -> list[str]:
    """The ids by which ClickHouse Cloud knows the endpoint, in lower case; the one of ENDPOINT_ID_KIND first."""
    return sorted(case.endpoint.ids, key=lambda one: one != case.id.lower())


def _registered(case: Case, found: Registration) -> Step:
    where = case.index.services.by_id[min(case.index.services.behind[case.connection.target.lower()])].region
    if found.region not in ("", where):
        seen = f"{found.id} is, but for {found.region}, while its services are in {where}"
        remedy = mending(case, "registration-missing", Register, Deregister)
        return wrong("registration", seen, remedy)
    ours = found.id.lower() in case.index.access.ownership.ids_of.get(case.endpoint.id, ())
    by = "by this deployment" if ours else f"by somebody else: {found.description or 'no description'}"
    kind = "" if found.id.lower() == case.id.lower() else ", under another kind of id than ENDPOINT_ID_KIND"
    return ok("registration", f"{found.id}, {by}{kind}")


def _allow_list(case: Case) -> Step:
    if not case.chosen.granted:
        return unchecked("allow list", "services")
    listing = {service.id for key in _kinds(case) for service in case.index.access.listing.get(key, ())}
    missing = case.chosen.granted - listing
    if not missing:
        listed = next(key for key in _kinds(case) if case.index.access.listing.get(key))
        return ok("allow list", f"{listed} is on that of {case.names(case.chosen.granted)}")
    seen = f"{case.id} is missing on that of {case.names(missing)}"
    if told := known_from(case.plan, case.endpoint.id, "registration-blocked", "registration-mark-not-kept"):
        return wrong("allow list", f"{seen}: {told.message}", told.remedy)
    return wrong("allow list", seen, mending(case, "allow-list-missing", Allow, Register))


def _connection(case: Case) -> Step:
    status = case.connection.status
    if status == Status.APPROVED:
        return ok("connection", status)
    if status == Status.PENDING:
        listed = any(case.index.access.listing.get(key) for key in _kinds(case))
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
