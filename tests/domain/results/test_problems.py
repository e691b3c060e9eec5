"""Which failures are one problem, what each problem's remedy is, and how Azure's long errors are condensed."""

import pytest

from shared.domain.changes import Register
from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.resources import ReadFailed
from shared.domain.results.problems import Problem, condensed, problems_of
from tests.support.worlds import REGION, guid, pe

KEY = "ClickHouse Cloud: it answered 401: invalid key"
FORBIDDEN = (
    "listing the private DNS zones of /subscriptions/s: ARM answered 403: AuthorizationFailed The client 'c' with "
    "object id 'o' does not have authorization to perform action 'Microsoft.Network/privateDnsZones/read' over "
    "scope '/subscriptions/s' or the scope is invalid. If access was recently granted, please refresh your "
    "credentials. (request r)"
)
LINKED = (
    "linking the zone z: ARM answered 403: LinkedAuthorizationFailed The client 'c' with object id 'o' has permission "
    "to perform action 'Microsoft.Network/privateDnsZones/virtualNetworkLinks/write' on scope '/z'; however, it does "
    "not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/join/action' on the linked scope(s) "
    "'/n' (respectively) or the linked scope(s) are invalid. (request r)"
)
FORBIDDEN_SHORT = (
    "listing the private DNS zones of /subscriptions/s: ARM answered 403: AuthorizationFailed missing "
    "permission Microsoft.Network/privateDnsZones/read on /subscriptions/s (request r)"
)
LINKED_SHORT = (
    "linking the zone z: ARM answered 403: LinkedAuthorizationFailed missing permission "
    "Microsoft.Network/virtualNetworks/join/action on /n (request r)"
)
register = Register(pe(1), guid(1), REGION, "mark")


def read(reason: str, *, temporary: bool = False, forbidden: bool = False) -> ReadFailed:
    return ReadFailed(reason, temporary=temporary, forbidden=forbidden)


def texts(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.text for problem in problems]


def test_one_cause_is_one_problem() -> None:
    """Reads and changes that fail with the same error of the same system, by whatever request, are one problem."""
    reads = [
        read(f"GET organization at {KEY} (request 1)", forbidden=True),
        read(f"GET organization/services at {KEY} (request 2)", forbidden=True),
    ]
    failed = Outcome(register, Status.FAILED, f"PATCH organization at {KEY} (request 3)", forbidden=True)
    assert texts(problems_of(reads, [failed])) == [
        f"GET organization at {KEY} (request 1) (and 2 more with the same error)"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("GET a at ClickHouse Cloud: it answered 401: no", "GET b at ClickHouse Cloud: it answered 403: no"),
        ("GET a at ClickHouse Cloud: it answered 503: no", "the zone z: ARM answered 503: no"),
        ("GET a at ClickHouse Cloud: no answer in time", "GET b at ClickHouse Cloud: no answer in time"),
    ],
)
def test_different_causes(first: str, second: str) -> None:
    """Another error, another system, or no answer to compare: these are separate problems."""
    assert texts(problems_of([read(first), read(second)], ())) == [first, second]


@pytest.mark.parametrize(
    ("failed", "remedy"),
    [
        (read(f"GET organization at {KEY}", forbidden=True), "CLICKHOUSE_CLOUD_API_KEY"),
        (read(FORBIDDEN, forbidden=True), "Assign the app's identity a role"),
        (read("ARM answered 503: busy", temporary=True), "Wait until the system answers again"),
        (read("ARM answered 400: bad"), "Correct what the error names"),
    ],
)
def test_remedies(failed: ReadFailed, remedy: str) -> None:
    """The remedy depends on the cause: the key, a permission, an outage, or the request itself."""
    (problem,) = problems_of([failed], ())
    assert remedy in problem.remedy
    change = Outcome(
        register, Status.FAILED, failed.reason, temporary=failed.temporary, forbidden=failed.forbidden
    )
    (same,) = problems_of((), [change])
    assert same.remedy == problem.remedy


def test_remedy_of_a_lock() -> None:
    """The remedy of a management lock is to remove it."""
    (problem,) = problems_of(
        (), [Outcome(register, Status.FAILED, "ARM answered 409: ScopeLocked", locked=True)]
    )
    assert "management lock" in problem.remedy


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (FORBIDDEN, FORBIDDEN_SHORT),
        (LINKED, LINKED_SHORT),
        (KEY, KEY),
    ],
)
def test_condensed(text: str, short: str) -> None:
    """Azure's messages about a missing permission keep code, action, scope and request id; others stay whole."""
    assert condensed(text) == short
