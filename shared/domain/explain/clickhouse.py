"""An endpoint's access to ClickHouse Cloud, explained: services, registration, allow lists, connection."""

from collections.abc import Iterator

from shared.domain.changes import Allow, Deregister, Register
from shared.domain.explain.case import Case
from shared.domain.model.findings import CATALOGUE
from shared.domain.model.resources import ConnectionStatus, ReadFailed, Registration
from shared.domain.model.snapshot import ReadRegistrations
from shared.domain.preflight.check_result import CheckResult, failed, passed, skipped, unknown

_DENIALS = ("service-not-permitted", "service-on-other-private-link", "service-not-found")
_REMEDIES = {
    ConnectionStatus.REJECTED: "endpoint-rejected",
    ConnectionStatus.DISCONNECTED: "endpoint-disconnected",
}


def steps(case: Case) -> Iterator[tuple[str, CheckResult]]:
    yield "services", _services(case)
    yield "registration", _registration(case)
    yield "allow list", _allow_list(case)
    yield "connection", _connection(case)


def _services(case: Case) -> CheckResult:
    selection, granted = case.selection, f"selects {case.names(case.selection.granted)}"
    if finding := case.finding(*_DENIALS):
        return failed(f"{finding.message}; {granted}", finding.remedy)
    if selection.undecided:
        finding = case.finding("unreadable", "bad-selector")
        detail = finding.message if finding else "some services could not be read"
        return unknown(f"{detail}; {granted}", finding.remedy if finding else CATALOGUE["unreadable"][1])
    if selection.without_private_link:
        names = case.names(selection.without_private_link)
        remedy = CATALOGUE["service-without-private-link"][1]
        return failed(f"the private endpoint config of {names} is refused; {granted}", remedy)
    if not selection.granted and case.finding("bad-selector"):
        return skipped("tag")
    if not selection.granted:
        return failed("the tag selects no service", CATALOGUE["no-service-selected"][1])
    return passed(granted)


def _registration(case: Case) -> CheckResult:
    answer = case.index.snapshot.get(ReadRegistrations())
    if not isinstance(answer, tuple):
        reason = answer.reason if isinstance(answer, ReadFailed) else "the registrations were not read"
        return unknown(reason, CATALOGUE["unreadable"][1])
    registrations = case.index.access.registrations
    if registration := next((registrations[key] for key in _keys(case) if key in registrations), None):
        return _registered(case, registration)
    return failed(f"{case.id} is not registered", case.remedy("registration-missing", Register))


def _keys(case: Case) -> list[str]:
    """The endpoint's ids in lower case; the one of ENDPOINT_ID_KIND first."""
    return sorted(case.endpoint.ids, key=lambda key: key != case.id.lower())


def _registered(case: Case, found: Registration) -> CheckResult:
    services = case.index.services
    region = services.by_id[min(services.behind[case.connection.target.lower()])].region
    if found.region not in ("", region):
        detail = f"{found.id} is registered for {found.region}, but its services are in {region}"
        return failed(detail, case.remedy("registration-missing", Register, Deregister))
    ours = found.id.lower() in case.index.access.ownership.ids_of.get(case.endpoint.id, ())
    by = "by this deployment" if ours else f"outside this deployment: {found.description or 'no description'}"
    kind = "" if found.id.lower() == case.id.lower() else " (not the id kind of ENDPOINT_ID_KIND)"
    return passed(f"{found.id}, registered {by}{kind}")


def _allow_list(case: Case) -> CheckResult:
    granted, entries_of = case.selection.granted, case.index.access.entries_of
    if not granted:
        return skipped("services")
    listed = {entry.service.id for key in _keys(case) for entry in entries_of(key)}
    if missing := granted - listed:
        detail = f"{case.id} is not on the allow list of {case.names(missing)}"
        if finding := case.finding("registration-blocked", "registration-mark-not-kept"):
            return failed(f"{detail}: {finding.message}", finding.remedy)
        return failed(detail, case.remedy("allow-list-missing", Allow, Register))
    return passed(f"{next(key for key in _keys(case) if entries_of(key))} is allowed on {case.names(granted)}")


def _connection(case: Case) -> CheckResult:
    status = case.connection.status
    if status == ConnectionStatus.APPROVED:
        return passed(status)
    if status == ConnectionStatus.PENDING:
        if any(map(case.index.access.entries_of, _keys(case))):
            remedy = "Wait some minutes. If it stays Pending, contact ClickHouse support."
            return failed("Pending; the id is on an allow list, and approval takes some minutes", remedy)
        remedy = "None for the connection: ClickHouse approves it once the id is on the allow list of a service."
        return failed("Pending; the id is on no allow list", remedy)
    if status in ConnectionStatus:
        return failed(status, CATALOGUE[_REMEDIES[ConnectionStatus(status)]][1])
    return unknown(f"Azure reports the status {status or 'none'}", "Look at the endpoint in the Azure portal.")
