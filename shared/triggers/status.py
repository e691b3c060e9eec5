"""The status page, GET /api/status: the latest report as a page or JSON. It reads only the report store."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from shared.bootstrap import get_runtime
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.remedies import store_remedy
from shared.domain.model.resources import NotFound, ReadFailed
from shared.reports.report_json import to_json
from shared.settings import SettingsError
from shared.status_page import NO_AUDIT, content_security_policy, notice, render
from shared.triggers.http_answer import Answer, problem

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the URL may contain the function key
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
RETRY_AFTER_SECONDS = 30
FORMS = {"html": "text/html", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """`form`: the value of `?format=`, if present."""

    method: str = "GET"
    accept: str | None = None
    form: str | None = None


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

    | found               | status | body                                        |
    |---------------------|--------|---------------------------------------------|
    | a report            | 200    | the page, or the document                   |
    | no report, no store | 404    | a page, or a problem document               |
    | invalid settings    | 500    | the same, with every fault                  |
    | an unreadable store | 503    | the same, with the store's error and remedy |

    Without an acceptable form it is 406, and 400 for an unknown `format`.
    """
    form = form_wanted(request.accept, request.form)
    if form is None and request.form is not None:
        response = problem(400, "format must be html or json")
    elif form is None:
        response = problem(406, f"Available types: {', '.join(FORMS.values())}")
    elif isinstance(found, NoReport):
        response = _no_report(form, found, now)
    else:
        response = _page(200, render(found, now)) if form == "html" else Answer(200, to_json(found))
    body = b"" if request.method == "HEAD" else response.body
    return replace(response, body=body, headers={**HEADERS, **response.headers})


def form_wanted(accept: str | None, form: str | None) -> str | None:
    """The form to answer in, from `?format=` or else the Accept header; None if neither form is acceptable.

    The most specific matching range decides the quality of a form (RFC 9110, 12.5.1). Parameters of a range,
    such as charset, are ignored; with equal qualities the answer is a page.

    | format | Accept                                     | answer |
    |--------|--------------------------------------------|--------|
    | json   | any                                        | json   |
    | other  | any                                        | None   |
    | none   | none, or */*                               | html   |
    | none   | application/json                           | json   |
    | none   | text/html;q=0.5, application/json;q=0.4    | html   |
    | none   | text/html;q=0, */*                         | json   |
    | none   | image/png                                  | None   |
    """
    if form is not None:
        return form.lower() if form.lower() in FORMS else None
    parsed = parse_accept_header(accept or "*/*", MIMEAccept)
    ranges = MIMEAccept([(range_.partition(";")[0].strip(), quality) for range_, quality in parsed])
    best = max(FORMS, key=lambda name: ranges.quality(FORMS[name]))
    return best if ranges.quality(FORMS[best]) > 0 else None


def _no_report(form: str, why: NoReport, now: datetime) -> Answer:
    if form == "html":
        response = _page(why.status, notice(why.title, why.text, now, why.faults, why.remedy, wrong=why.status >= 500))
    else:
        more = {"faults": list(why.faults), "remedy": why.remedy}
        response = problem(why.status, why.title, detail=why.text, **{name: one for name, one in more.items() if one})
    later = {"Retry-After": str(RETRY_AFTER_SECONDS)} if why.status == 503 else {}
    return replace(response, headers={**response.headers, **later})


def _page(status_code: int, html: str) -> Answer:
    headers = {"Content-Security-Policy": f"{content_security_policy()}; frame-ancestors 'none'"}
    return Answer(status_code, html.encode(), "text/html", headers)
