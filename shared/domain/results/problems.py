"""What kept a pass from finishing: one problem for each cause, with what resolves it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.resources import ReadFailed

_REQUEST_ID = re.compile(r" \(request [^()]*\)$")
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
_NO_PERMISSION = re.compile(
    r"The client '[^']*'.*? (?:perform action|perform action\(s\)) '(?P<action>[^']+)'"
    r" (?:over scope|on the linked scope\(s\)) '(?P<scope>[^']+)' (?:\(respectively\) )?"
    r"or the (?:scope is|linked scope\(s\) are) invalid\."
    r"(?: If access was recently granted, please refresh your credentials\.)?"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """`text`: what failed and why, with the system's whole error. `remedy`: what resolves it."""

    text: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        return {"problem": self.text, "remedy": self.remedy}


def problems_of(reads: Iterable[ReadFailed], undone: Iterable[Outcome]) -> tuple[Problem, ...]:
    """The problems of failed reads and of changes that were not made.

    Failures with the same error of the same system are one problem, which names the first of them.
    """
    failures = [(answer.reason, _remedy_of_read(answer)) for answer in reads]
    causes_first = sorted(undone, key=lambda outcome: outcome.status is Status.SKIPPED)
    failures += [
        (f"{o.change.verb} {o.change.summary()}: {o.error}", _remedy_of_change(o)) for o in causes_first
    ]
    causes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for text, remedy in dict.fromkeys(failures):
        causes[_cause(text)].append((text, remedy))
    return tuple(Problem(_joined([text for text, _ in same]), same[0][1]) for same in causes.values())


def condensed(text: str) -> str:
    """The text with Azure's long message about a missing permission reduced to action and scope."""
    return _NO_PERMISSION.sub(r"missing permission \g<action> on \g<scope>", text)


def _cause(text: str) -> str:
    """The error without what was called, and without its request id; the whole text if it has no such parts."""
    called, answered, error = _REQUEST_ID.sub("", text).rpartition(" answered ")
    return f"{_system(called)} {error}" if answered else text


def _system(called: str) -> str:
    return "ClickHouse Cloud" if "ClickHouse Cloud" in called else "Azure"


def _joined(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} (and {len(texts) - 1} more with the same error)"


def _remedy_of_read(failed: ReadFailed) -> str:
    return _remedy(failed.reason, temporary=failed.temporary, forbidden=failed.forbidden)


def _remedy_of_change(outcome: Outcome) -> str:
    if outcome.locked:
        return "Remove the management lock from the zone or its resource group."
    return _remedy(outcome.error, temporary=outcome.temporary, forbidden=outcome.forbidden)


def _remedy(error: str, *, temporary: bool, forbidden: bool) -> str:
    if forbidden and _system(error) == "ClickHouse Cloud":
        return (
            "Correct CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET if the key is not accepted (401), "
            "or give its role the permission for this call (403; see docs/permissions.md)."
        )
    if forbidden:
        return "Assign the app's identity a role with the permission for this call (see docs/permissions.md)."
    if temporary:
        return "Wait until the system answers again, then repeat the request."
    return "Correct what the error names; the same request will be refused again."
