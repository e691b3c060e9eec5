"""Results of checks: what a preflight and an explanation consist of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.model.errors import System
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
    """The result where some of these reads failed; None if none did."""
    reasons = {str(key): reason for key, answer in answers.items() if (reason := failure_reason(answer))}
    texts = sorted(reason if key in reason else f"{key}: {reason}" for key, reason in reasons.items())
    return not_read("; ".join(dict.fromkeys(texts)), answers.values(), remedy) if texts else None


def not_read(detail: str, answers: Iterable[object], remedy: str, system: System = System.AZURE) -> CheckResult:
    """The result of reads of which some failed: unknown if each may succeed later, with the remedy of its cause."""
    failures = [answer for answer in answers if isinstance(answer, ReadFailed)]
    if failures and all(failure.temporary for failure in failures):
        return unknown(detail, remedy_for(failures[0].cause, system) or RETRY)
    return failed(detail, remedy)
