"""Results of checks: what a preflight and an explanation consist of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.model.errors import UNKNOWN_CAUSE, System
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import NotFound, ReadFailed, ReadResult

RETRY = "Try again. If this persists, check that the system is up and can be reached from here."


class CheckStatus(StrEnum):
    """`warning`: works, but needs attention. `unknown`: not determined. `skipped`: another check did not pass."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`detail`: what was found. `remedy`: what to do; empty where nothing is to be done."""

    status: CheckStatus
    detail: str
    remedy: str = ""


def passed(detail: str) -> CheckResult:
    return CheckResult(CheckStatus.PASSED, detail)


def warning(detail: str, remedy: str) -> CheckResult:
    return CheckResult(CheckStatus.WARNING, detail, remedy)


def failed(detail: str, remedy: str) -> CheckResult:
    return CheckResult(CheckStatus.FAILED, detail, remedy)


def unknown(detail: str, remedy: str) -> CheckResult:
    return CheckResult(CheckStatus.UNKNOWN, detail, remedy)


def skipped(dependency: str) -> CheckResult:
    return CheckResult(CheckStatus.SKIPPED, f"depends on {dependency}")


@dataclass(frozen=True, slots=True)
class Step(CheckResult):
    """A check, by name and question, with its result."""

    name: str = ""
    question: str = ""

    @classmethod
    def of(cls, name: str, question: str, result: CheckResult) -> "Step":
        return cls(result.status, result.detail, result.remedy, name, question)

    def as_json(self) -> dict[str, str]:
        return {
            "name": self.name,
            "question": self.question,
            "status": self.status.value,
            "detail": self.detail,
            "remedy": self.remedy,
        }


type Steps = tuple[Step, ...]


def first_problem(steps: Iterable[Step]) -> Step | None:
    """The first step that failed, otherwise the first that is unknown; None if there is neither."""
    known = tuple(steps)
    problems = (step for status in (CheckStatus.FAILED, CheckStatus.UNKNOWN) for step in known if step.status is status)
    return next(problems, None)


def overall(steps: Iterable[Step]) -> CheckStatus:
    """FAILED, UNKNOWN or, if no step is either, PASSED."""
    problem = first_problem(steps)
    return problem.status if problem else CheckStatus.PASSED


def failure_reason(answer: ReadResult[object] | None) -> str | None:
    """Why a read returned no value; None if it did."""
    if isinstance(answer, ReadFailed):
        return answer.reason
    if isinstance(answer, NotFound):
        return "it does not exist"
    return "it was not read" if answer is None else None


def unreadable[K, T](answers: Mapping[K, ReadResult[T]], remedy: str) -> CheckResult | None:
    """The result where some of these reads failed: unknown if they may all succeed later. None if none failed."""
    reasons = {str(key): reason for key, answer in answers.items() if (reason := failure_reason(answer))}
    if not reasons:
        return None
    texts = sorted(reason if key in reason else f"{key}: {reason}" for key, reason in reasons.items())
    detail = "; ".join(dict.fromkeys(texts))
    return unknown(detail, retry_remedy(answers.values())) if is_temporary(answers.values()) else failed(detail, remedy)


def retry_remedy(answers: Iterable[object], system: System = System.AZURE) -> str:
    """What to do about reads that may succeed later, by the cause of the first one that failed."""
    cause = next((one.cause for one in answers if isinstance(one, ReadFailed)), UNKNOWN_CAUSE)
    return remedy_for(cause, system) or RETRY


def is_temporary(answers: Iterable[object]) -> bool:
    """Whether some reads failed, and each that failed may succeed later."""
    failures = [answer for answer in answers if isinstance(answer, ReadFailed | NotFound)]
    return bool(failures) and all(isinstance(one, ReadFailed) and one.temporary for one in failures)
