"""What the errors of the Azure SDK mean to us."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from azure.core.exceptions import HttpResponseError

from shared.adapters.http_errors import cause_kind, seconds
from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import (
    Cause,
    CauseKind,
    ChangedError,
    ForbiddenError,
    LockedError,
    NameTakenError,
    PermanentError,
    PrivateLinkError,
    TemporaryError,
)

TEMPORARY = frozenset({408, 409, 423, 429})
# A 404 is absence only if it is about the resource or its group. For a subscription that cannot be
# seen ARM answers 404 as well, and that is no evidence of anything.
# What lies within a resource that does not exist is answered with its parent not being found.
ABSENCE = frozenset({"resourcenotfound", "notfound", "resourcegroupnotfound", "parentresourcenotfound"})


DENIED = re.compile(r"action\(?s?\)? '([^']+)' (?:over|on)(?: the linked)? scope\(?s?\)? '([^']+)'")


def meaning(what: str, error: HttpResponseError) -> PrivateLinkError:
    """Our error for the SDK's; `what` says what it was about."""
    status = error.status_code
    family = _family(status, _code(error), error)
    told = f"{what}: ARM answered {status or 'nothing'}: {_told(error)}"
    return family(told, request_id=_header(error, "x-ms-request-id"), cause=_cause(error))


def _family(status: int | None, code: str, error: HttpResponseError) -> type[PrivateLinkError]:
    if status == 412:
        return ChangedError
    if status == 409 and code == "scopelocked":
        return LockedError
    if status == 409 and code == "conflict" and "already exists" in _told(error):
        return NameTakenError
    if _may_pass(status):
        return TemporaryError
    return ForbiddenError if status in (401, 403) else PermanentError


def _cause(error: HttpResponseError) -> Cause:
    kind = cause_kind(error.status_code)
    if _code(error) == "scopelocked":
        kind = CauseKind.LOCKED
    # A message about linked scopes names first what the caller may do, and last what it may not.
    action, scope = (DENIED.findall(_told(error)) or [("", "")])[-1]
    return Cause(kind, action, scope, seconds(_header(error, "Retry-After")))


def tells_absence(cause: BaseException | None) -> bool:
    """Whether ARM said that this very resource does not exist."""
    return isinstance(cause, HttpResponseError) and cause.status_code == 404 and _code(cause) in ABSENCE


def _may_pass(status: int | None) -> bool:
    """Whether the same call may go through later; so may one that nobody answered, or not to the end."""
    return status is None or status < 300 or status in TEMPORARY or status >= 500


def _told(error: HttpResponseError) -> str:
    body = _body(error)
    words = f"{body.get('code') or ''} {body.get('message') or ''}".strip() or error.message
    return _without_token(error, words)[:LONGEST_ERROR]


def _without_token(error: HttpResponseError, words: str) -> str:
    """The words without the token that was sent, should an answer ever repeat it."""
    sent = getattr(getattr(error.response, "request", None), "headers", {}).get("Authorization") or ""
    token = sent.partition(" ")[2]
    return words.replace(token, "***") if token else words


def _code(error: HttpResponseError) -> str:
    return str(_body(error).get("code", "")).lower()


def _body(error: HttpResponseError) -> Mapping[str, Any]:
    """The error's code and message; Private DNS tells them without the usual wrapping."""
    try:
        body = json.loads(error.response.text()) if error.response else {}
    except (ValueError, LookupError, RecursionError):
        return {}
    inner = body.get("error", body) if isinstance(body, dict) else {}
    return inner if isinstance(inner, dict) else {}


def _header(error: HttpResponseError, name: str) -> str | None:
    headers = getattr(error.response, "headers", {})
    return cast("str | None", headers.get(name))
