"""A question, its answer and what to do about it: what a preflight and an explanation are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """`not known`: it could not be told. `not checked`: something it depends on is not ok."""

    OK = "ok"
    NOT_OK = "not ok"
    NOT_KNOWN = "not known"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `seen`: what was found; `remedy`: what to do, empty where nothing is to be done."""

    name: str
    question: str
    answer: Answer
    seen: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "name": self.name,
            "question": self.question,
            "answer": self.answer.value,
            "seen": self.seen,
            "remedy": self.remedy,
        }


type Steps = tuple[Step, ...]


def diagnosis(steps: Iterable[Step]) -> Step | None:
    """The first step that is not ok, or else the first that is not known; None if all is well."""
    known = tuple(steps)
    wrong = (step for step in known if step.answer is Answer.NOT_OK)
    unsure = (step for step in known if step.answer is Answer.NOT_KNOWN)
    return next(wrong, None) or next(unsure, None)


def all_well(steps: Iterable[Step]) -> bool:
    """Whether nothing is wrong, as far as it can be told."""
    return not any(step.answer is Answer.NOT_OK for step in steps)
