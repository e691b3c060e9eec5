"""Which failures are one problem, and the remedy of each problem."""

import pytest

from shared.domain.changes.clickhouse import Register
from shared.domain.changes.dns import PutRecord
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.errors import UNKNOWN_CAUSE, Cause, CauseKind, System
from shared.domain.model.remedies import remedy_for
from shared.domain.model.resources import ReadFailed
from shared.domain.model.snapshot import ReadEndpoint, ReadRegistrations, ReadServices
from shared.domain.results.problems import Problem, problems_of
from tests.support.worlds import REGION, guid, pe, record

REVOKED = Cause(CauseKind.INVALID_CREDENTIAL, status=401)
BUSY = Cause(CauseKind.SERVER_ERROR, status=503)
ODD = Cause(status=400)
register = Register(pe(1), guid(1), REGION, "mark")
put = PutRecord(pe(1), None, record(1))


def read(reason: str, cause: Cause, *, temporary: bool = False) -> ReadFailed:
    return ReadFailed(reason, temporary=temporary, cause=cause)


def denied(permission: str, scope: str = "organization o") -> Cause:
    return Cause(CauseKind.MISSING_PERMISSION, permission, scope, status=403)


def texts(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.text for problem in problems]


@pytest.mark.parametrize("cause", [REVOKED, BUSY, ODD])
def test_one_cause_is_one_problem(cause: Cause) -> None:
    """Reads and changes that fail at one system with one cause, by whatever request, are one problem."""
    reads = {ReadRegistrations(): read("a", cause), ReadServices(): read("b", cause)}
    failed = Outcome(register, OutcomeStatus.FAILED, "c", cause=cause)
    assert texts(problems_of(reads, [failed])) == ["a (and 2 more with the same cause)"]


def test_one_role_is_one_problem() -> None:
    """Permissions that one role lacks on one scope are one problem, whose remedy names all of them."""
    reads = {
        ReadServices(): read("b", denied("service:view")),
        ReadRegistrations(): read("a", denied("organization:view")),
    }
    (problem,) = problems_of(reads, ())
    expected = denied("organization:view, service:view")
    assert problem == Problem("b (and 1 more with the same cause)", remedy_for(expected, System.CLICKHOUSE))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (REVOKED, denied("service:view")),
        (ODD, Cause(status=409)),
        (denied("x/read", "/a"), denied("x/read", "/b")),
        (UNKNOWN_CAUSE, UNKNOWN_CAUSE),
    ],
)
def test_different_causes(first: Cause, second: Cause) -> None:
    """Other causes, statuses or scopes, and failures whose cause is not known: these are separate problems."""
    reads = {ReadRegistrations(): read("a", first), ReadServices(): read("b", second)}
    assert texts(problems_of(reads, ())) == ["a", "b"]


def test_different_systems() -> None:
    """The same cause at another system is a separate problem."""
    reads = {ReadRegistrations(): read("a", BUSY), ReadEndpoint(pe(1)): read("b", BUSY)}
    assert texts(problems_of(reads, ())) == ["a", "b"]


@pytest.mark.parametrize("cause", [REVOKED, BUSY, denied("x")])
def test_remedies(cause: Cause) -> None:
    """The remedy of a problem is that for its cause, at the system that was called."""
    (problem,) = problems_of({ReadEndpoint(pe(1)): read("a", cause)}, ())
    (same,) = problems_of({}, [Outcome(put, OutcomeStatus.FAILED, "a", cause=cause)])
    assert problem.remedy == same.remedy == remedy_for(cause, System.AZURE)
    (other,) = problems_of({}, [Outcome(register, OutcomeStatus.FAILED, "a", cause=cause)])
    assert other.remedy == remedy_for(cause, System.CLICKHOUSE)


@pytest.mark.parametrize(("temporary", "remedy"), [(True, "Repeat the request."), (False, "Correct what")])
def test_remedy_without_a_cause(*, temporary: bool, remedy: str) -> None:
    """Where the cause is not known, the remedy depends on whether a retry may succeed."""
    (problem,) = problems_of({ReadServices(): read("a", UNKNOWN_CAUSE, temporary=temporary)}, ())
    assert problem.remedy.startswith(remedy)
