"""Translates the errors of the Azure SDKs."""

import json
import re
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from shared.adapters.http_errors import cause_kind, seconds
from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import Cause, CauseKind, PermanentError, PrivateLinkError, TemporaryError

TEMPORARY = frozenset({408, 409, 412, 423, 429})
# ARM also returns 404 for a subscription that the identity cannot see, which does not prove absence.
ABSENCE = frozenset({"resourcenotfound", "notfound", "resourcegroupnotfound", "parentresourcenotfound"})
DENIED = re.compile(r"action\(?s?\)? '([^']+)' (?:over|on)(?: the linked)? scope\(?s?\)? '([^']+)'")


def translate(what: str, error: HttpResponseError) -> PrivateLinkError:
    """Our error for that of the SDK. `what` names the operation and the object.

    A long message about a missing permission is condensed to its code, action and scope.
    """
    status, body = error.status_code, _body(error)
    code = str(body.get("code") or "")
    text = _without_token(error, f"{code} {body.get('message') or ''}".strip() or error.message)
    no_token = status is None and isinstance(error, ClientAuthenticationError)
    kind = CauseKind.INVALID_CREDENTIAL if no_token else _kind(status, code.lower(), text)
    # A message about linked scopes names first the permission that is there, and last the one that is missing.
    action, scope = (DENIED.findall(text) or [("", "")])[-1]
    words = f"{code}: missing permission {action} on {scope}" if action else " ".join(text.split())
    headers = getattr(error.response, "headers", {})
    refused = status is not None and 300 <= status < 500 and status not in TEMPORARY
    family = PermanentError if refused or kind in (CauseKind.LOCKED, CauseKind.NAME_TAKEN) else TemporaryError
    returned = "no token" if no_token else f"ARM returned {status or 'no status'}"
    return family(
        f"{what}: {returned}: {words[:LONGEST_ERROR]}",
        request_id=headers.get("x-ms-request-id"),
        cause=Cause(kind, action, scope, seconds(headers.get("Retry-After")), status),
    )


def proves_absence(cause: BaseException | None) -> bool:
    """Whether ARM returned that this very resource, its parent or its group does not exist."""
    if not isinstance(cause, HttpResponseError) or cause.status_code != 404:
        return False
    return str(_body(cause).get("code", "")).lower() in ABSENCE


def _kind(status: int | None, code: str, text: str) -> CauseKind:
    match status, code:
        case 412, _:
            return CauseKind.CHANGED
        case 409, "scopelocked":
            return CauseKind.LOCKED
        case 409, "conflict" if "already exists" in text:
            return CauseKind.NAME_TAKEN
    return cause_kind(status)


def _without_token(error: HttpResponseError, text: str) -> str:
    """The text without the access token, in case a response repeats it."""
    sent = getattr(getattr(error.response, "request", None), "headers", {}).get("Authorization") or ""
    token = sent.partition(" ")[2]
    return text.replace(token, "***") if token else text


def _body(error: HttpResponseError) -> Mapping[str, Any]:
    """The error's code and message. Private DNS sends them without the usual `error` around them."""
    try:
        body = json.loads(error.response.text()) if error.response else {}
    except (ValueError, LookupError, RecursionError):
        return {}
    inner = body.get("error", body) if isinstance(body, dict) else {}
    return inner if isinstance(inner, dict) else {}
