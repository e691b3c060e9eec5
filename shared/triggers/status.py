"""The status page, GET /api/status: the latest report as a page or JSON. It reads only the report store."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.bootstrap import get_runtime
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.remedies import store_remedy
from shared.domain.model.resources import NotFound, ReadFailed
from shared.reports.report_json import to_json
from shared.settings import SettingsError
from shared.status_page import NO_AUDIT, content_security_policy, notice, render
from shared.triggers.content_negotiation import Form, form_wanted, is_current
from shared.triggers.http_answer import Answer, problem

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the URL may contain the function key
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """`form`: the value of `?format=`, if present."""

    method: str = "GET"
    accept: str | None = None
    form: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True)
class NoReport:
    """Why there is no report to show."""

    status: int
    title: str
    text: str
    faults: tuple[str, ...] = ()
    remedy: str = ""


NO_STORE = NoReport(
    404,
    "Reports are not stored",
    "REPORT_STORE is not set.",
    remedy="Set REPORT_STORE to the URL of a blob container, or to a folder.",
)


async def status(request: StatusRequest) -> Answer:
    """The answer to that request. Raises nothing for a store that fails."""
    return respond(request, await _latest_report(), datetime.now(UTC))


async def _latest_report() -> AuditReport | NoReport:
    try:
        runtime = get_runtime()
        if runtime.settings.report_store is None:
            return NO_STORE
        stored = await runtime.report_repository.latest()
    except SettingsError as error:
        text = "The function app does nothing, and no audit runs, until they are corrected."
        return NoReport(500, "The settings are invalid", text, error.faults)
    if isinstance(stored, NotFound):
        return NoReport(404, *NO_AUDIT)
    if isinstance(stored, ReadFailed):
        text = f"The result of the latest audit is unknown; audits continue. The error: {stored.reason}"
        return NoReport(503, "The report store cannot be read", text, remedy=store_remedy(stored.cause))
    return stored


def respond(request: StatusRequest, found: AuditReport | NoReport, now: datetime) -> Answer:
    """The answer to that request. Pure.

    | found                     | status | body                                        |
    |---------------------------|--------|---------------------------------------------|
    | a report                  | 200    | the page, or the document with its ETag     |
    | the report the client has | 304    | none                                        |
    | no report, no store       | 404    | a page, or a problem document               |
    | invalid settings          | 500    | the same, with every fault                  |
    | an unreadable store       | 503    | the same, with the store's error and remedy |

    Without an acceptable form it is 406, and 400 for an unknown `format`.
    """
    form = form_wanted(request.accept, request.form)
    if form is None:
        response = _unacceptable(request)
    elif isinstance(found, NoReport):
        response = _no_report(form, found, now)
    else:
        response = _report(request, form, found, now)
    body = b"" if request.method == "HEAD" else response.body
    return replace(response, body=body, headers={**HEADERS, **response.headers})


def _report(request: StatusRequest, form: Form, report: AuditReport, now: datetime) -> Answer:
    if form == "html":
        return _page(200, render(report, now))
    body = to_json(report)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if is_current(request.if_none_match, etag):
        return Answer(304, b"", headers={"ETag": etag})
    return Answer(200, body, headers={"ETag": etag})


def _no_report(form: Form, why: NoReport, now: datetime) -> Answer:
    if form == "html":
        response = _page(why.status, notice(why.title, why.text, now, why.faults, why.remedy, wrong=why.status >= 500))
    else:
        more = {"faults": list(why.faults), "remedy": why.remedy}
        response = problem(why.status, why.title, detail=why.text, **{name: one for name, one in more.items() if one})
    later = {"Retry-After": str(RETRY_AFTER_SECONDS)} if why.status == 503 else {}
    return replace(response, headers={**response.headers, **later})


def _unacceptable(request: StatusRequest) -> Answer:
    if request.form is not None:
        return problem(400, "format must be html or json")
    return problem(406, "Available types: text/html, application/json")


def _page(status_code: int, html: str) -> Answer:
    headers = {"Content-Security-Policy": f"{content_security_policy()}; frame-ancestors 'none'"}
    return Answer(status_code, html.encode(), "text/html", headers)
