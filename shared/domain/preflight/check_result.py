"""What a check comes to, and how several readings come to one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shared.domain.model.resources import NotFound, ReadFailed
from shared.domain.preflight.preflight_snapshot import Seen
from shared.domain.preflight.steps import Answer

WAIT = "Try again; if it stays so, see that the system can be reached from here, and that it is up."


@dataclass(frozen=True, slots=True)
class CheckResult:
    answer: Answer
    seen: str
    remedy: str = ""


def ok(seen: str) -> CheckResult:
    return CheckResult(Answer.OK, seen)


def wrong(seen: str, remedy: str) -> CheckResult:
    return CheckResult(Answer.NOT_OK, seen, remedy)


def unsure(seen: str, remedy: str) -> CheckResult:
    return CheckResult(Answer.NOT_KNOWN, seen, remedy)


def why_not(answer: Seen[object] | None) -> str | None:
    """Why there is no answer; None if there is one."""
    if isinstance(answer, ReadFailed):
        return answer.reason
    if isinstance(answer, NotFound):
        return "it does not exist"
    return "it was not asked for" if answer is None else None


def failed[K, T](
    answers: Mapping[K, Seen[T]], remedy: str, judge: Callable[[str, str], CheckResult] = wrong
) -> CheckResult | None:
    """What those of the answers that failed come to; None if none did."""
    told = {str(one): why_not(answer) for one, answer in answers.items()}
    bad = [reason if one in reason else f"{one}: {reason}" for one, reason in sorted(told.items()) if reason]
    return judge("; ".join(bad), remedy_for(answers.values(), remedy)) if bad else None


def remedy_for(answers: Iterable[object], remedy: str) -> str:
    """The remedy, unless all that failed may go through later."""
    unread = [one for one in answers if isinstance(one, ReadFailed)]
    return WAIT if unread and all(one.temporary for one in unread) else remedy
