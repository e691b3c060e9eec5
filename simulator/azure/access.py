"""Permissions of the caller: everything that the world does not deny."""

from collections.abc import Iterable, Iterator, Sequence

from simulator import world
from simulator.azure.errors import forbidden
from simulator.azure.paths import Target

_ACTIONS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def action(method: str) -> str:
    return _ACTIONS.get(method, method.lower())


def authorise(denied: Sequence[world.Denial], target: Target, kind: str, method: str) -> None:
    """Raise ArmError(403) if the world denies the target or its scope."""
    if any(_applies(denial, target.id, kind, write=method != "GET") for denial in denied):
        raise forbidden(f"{kind}/{action(method)}", target.scope if target.collection else target.id)


def readable[T](denied: Sequence[world.Denial], kind: str, rows: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Yield the rows of a list that the caller can read. Rows in denied scopes are omitted without an error."""
    return (row for row in rows if not any(_applies(d, row[0], kind, write=False) for d in denied))


def _applies(denial: world.Denial, scope: str, kind: str, *, write: bool) -> bool:
    inside = f"{scope.lower()}/".startswith(f"{denial.scope.lower()}/")
    verb = denial.access in ("all", "write" if write else "read")
    return inside and verb and denial.type.lower() in kind.lower()
