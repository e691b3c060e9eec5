"""The door that people look through: the latest report as a page, or as JSON. It only reads the report store."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shared.bootstrap import get_runtime
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.resources import NotFound, ReadFailed, ReadResult
from shared.reports.report_json import to_json
from shared.settings import SettingsError
from shared.status_page import NO_AUDIT, notice, policy, render
from shared.triggers.content_negotiation import Form, form_wanted, has_it

_ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address may hold the function's key
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
_TRY_AGAIN_SECONDS = 30
_NOT_KEPT = (
    "REPORT_STORE is not set, so no report is kept. Set it to the URL of a blob container, or to a folder."
)
_UNREADABLE = "What the last audit found is not known here; audits go on all the same. It answered: "
_UNUSABLE = "The function app does nothing before each of these is mended, and no audit comes."


@dataclass(frozen=True, slots=True)
class Asked:
    """What matters of a request. `form`: the value of `?format=`, if it is there."""

    method: str = "GET"
    accept: str | None = None
    form: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """The settings cannot be used, for these reasons."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotKept:
    """There is no report store."""


type Found = ReadResult[AuditReport] | Unusable | NotKept


@dataclass(frozen=True, slots=True)
class Shown:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: dict(_ALWAYS), hash=False)


async def shown(asked: Asked) -> Shown:
    """The latest report, or why there is none. Raises nothing for a store that fails."""
    return answered(asked, await _found(), datetime.now(UTC))


async def _found() -> Found:
    try:
        runtime = get_runtime()
        if runtime.settings.report_store is None:
            return NotKept()
        return await runtime.archive.latest()
    except SettingsError as error:
        return Unusable(error.faults)


def answered(asked: Asked, found: Found, now: datetime) -> Shown:
    """The answer to that request. Pure.

    | found           | status | body                                          |
    |-----------------|--------|-----------------------------------------------|
    | a report        | 200    | the page, or the document with its ETag       |
    | the same again  | 304    | none: the client told that it has the document |
    | none, no store  | 404    | a page, or a problem document                 |
    | unusable        | 500    | the same, with every fault of the settings    |
    | unreadable      | 503    | the same, with what the store answered        |

    A request for neither form is answered 406, or 400 for a `format` that does not exist.
    """
    form = form_wanted(asked.accept, asked.form)
    if form is None:
        answer = _neither(asked)
    elif isinstance(found, AuditReport):
        answer = _report(asked, form, found, now)
    else:
        answer = _told(form, found, now)
    return replace(answer, body=b"") if asked.method == "HEAD" else answer


def _report(asked: Asked, form: Form, report: AuditReport, now: datetime) -> Shown:
    if form == "html":
        return _page(200, render(report, now))
    body = to_json(report)
    headers = {**_ALWAYS, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    if has_it(asked.if_none_match, headers["ETag"]):
        return Shown(304, "application/json", b"", headers)
    return Shown(200, "application/json", body, headers)


def _told(form: Form, found: NotFound | ReadFailed | Unusable | NotKept, now: datetime) -> Shown:
    code, title, text, faults = _words(found)
    if form == "html":
        answer = _page(code, notice(title, text, now, faults, wrong=code >= 500))
    else:
        answer = _problem(code, title, detail=text, **({"faults": list(faults)} if faults else {}))
    return _later(answer) if code == 503 else answer


def _words(found: NotFound | ReadFailed | Unusable | NotKept) -> tuple[int, str, str, tuple[str, ...]]:
    match found:
        case NotFound():
            return 404, *NO_AUDIT, ()
        case NotKept():
            return 404, "No report is kept", _NOT_KEPT, ()
        case ReadFailed(reason):
            return 503, "The report store cannot be read", _UNREADABLE + reason, ()
        case Unusable(faults):
            return 500, "The settings are not usable", _UNUSABLE, faults


def _neither(asked: Asked) -> Shown:
    if asked.form is not None:
        return _problem(400, "format is html or json")
    return _problem(406, "This is to be had as text/html and as application/json")


def _page(code: int, html: str) -> Shown:
    headers = {**_ALWAYS, "Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return Shown(code, "text/html", html.encode(), headers)


def _problem(code: int, title: str, **members: Any) -> Shown:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": code, **members}
    return Shown(code, "application/problem+json", json.dumps(body, indent=1).encode())


def _later(answer: Shown) -> Shown:
    return replace(answer, headers={**answer.headers, "Retry-After": str(_TRY_AGAIN_SECONDS)})
