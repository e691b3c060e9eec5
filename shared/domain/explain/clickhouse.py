"""An endpoint's access to ClickHouse Cloud, explained: services, registration, allow lists, connection."""

from shared.domain.changes.clickhouse import Allow, Deregister, Register
from shared.domain.explain.case import Case, result_of
from shared.domain.model.errors import System
from shared.domain.model.findings import CATALOGUE, IN_PROGRESS
from shared.domain.model.remedies import unreadable
from shared.domain.model.resources import ConnectionStatus, ReadFailed
from shared.domain.model.snapshot import ReadRegistrations
from shared.domain.planning.endpoint_findings import selection_findings
from shared.domain.preflight.check_result import CheckResult, failed, passed, skipped, unknown

_DENIALS = (
    "service-not-permitted",
    "service-on-other-private-link",
    "service-not-found",
    "service-without-private-link",
)
_CONNECTION = ("endpoint-pending", "endpoint-rejected", "endpoint-disconnected")
_BLOCKED = ("registration-blocked", "registration-mark-not-kept", IN_PROGRESS)


def services(case: Case) -> CheckResult:
    selection = case.desired.selection
    selects = f"selects {case.names(selection.granted)}"
    findings = {one.code: one for one in selection_findings(case.index, case.desired)}
    if denial := next((findings[code] for code in _DENIALS if code in findings), None):
        return failed(f"{denial.message}; {selects}", denial.remedy)
    if selection.undecided:
        undecided = findings.get("unreadable") or findings["bad-selector"]
        return unknown(f"{undecided.message}; {selects}", undecided.remedy)
    if selection.granted:
        return passed(selects)
    no_service = failed("the tag selects no service", CATALOGUE["no-service-selected"][1])
    return skipped("tag") if "bad-selector" in findings else no_service


def registration(case: Case) -> CheckResult:
    answer = case.index.snapshot.get(ReadRegistrations())
    if isinstance(answer, ReadFailed):
        return result_of(unreadable(str(case.endpoint.id), answer, System.CLICKHOUSE))
    registrations = case.index.access.registrations
    found = next((registrations[key] for key in case.keys if key in registrations), None)
    region = case.index.services.region_of(case.desired.alias)
    if found is None:
        return case.failure(f"{case.id} is not registered", (Register,), _BLOCKED)
    if found.region not in ("", region):
        detail = f"{found.id} is registered for {found.region}, but its services are in {region}"
        return case.failure(detail, (Register, Deregister), _BLOCKED)
    ours = found.id.lower() in case.index.access.ownership.ids_of.get(case.endpoint.id, ())
    by = "by this deployment" if ours else f"outside this deployment: {found.description or 'no description'}"
    kind = "" if found.id.lower() == case.id.lower() else " (not the id kind of ENDPOINT_ID_KIND)"
    return passed(f"{found.id}, registered {by}{kind}")


def allow_list(case: Case) -> CheckResult:
    granted, entries_of = case.desired.selection.granted, case.index.access.entries_of
    listed = {entry.service.id for key in case.keys for entry in entries_of(key)}
    if not granted:
        return skipped("services")
    if not (missing := granted - listed):
        return passed(f"{next(key for key in case.keys if entries_of(key))} is allowed on {case.names(granted)}")
    if case.index.snapshot.registrations() is None:  # then nothing is planned
        return skipped("registration")
    detail = f"{case.id} is not on the allow list of {case.names(missing)}"
    return case.failure(detail, (Allow, Register), _BLOCKED)


def connection(case: Case) -> CheckResult:
    status = case.desired.connection.status
    if status == ConnectionStatus.APPROVED:
        return passed(status)
    if finding := case.finding(*_CONNECTION):
        return failed(finding.message, finding.remedy)
    return unknown(f"Azure reports the status {status or 'none'}", "Look at the endpoint in the Azure portal.")
