"""Who may do what: everything, except where the world denies it."""

from collections.abc import Iterable, Iterator, Sequence

from simulator import world
from simulator.azure.errors import forbidden
from simulator.azure.paths import Target

_ACTIONS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def action(method: str) -> str:
    return _ACTIONS.get(method, method.lower())


def authorise(denied: Sequence[world.Denial], target: Target, kind: str, method: str) -> None:
    """Raise ArmError(403) where the caller is denied the target or the scope it lies in."""
    if any(_applies(denial, target.id, kind, write=method != "GET") for denial in denied):
        raise forbidden(f"{kind}/{action(method)}", target.scope if target.collection else target.id)


def readable[T](
    denied: Sequence[world.Denial], kind: str, rows: Iterable[tuple[str, T]]
) -> Iterator[tuple[str, T]]:
    """The rows of a wider list the caller may see: what lies in a denied scope is left out without a word."""
    return (row for row in rows if not any(_applies(d, row[0], kind, write=False) for d in denied))


def _applies(denial: world.Denial, scope: str, kind: str, *, write: bool) -> bool:
    inside = f"{scope.lower()}/".startswith(f"{denial.scope.lower()}/")
    verb = denial.access in ("all", "write" if write else "read")
    return inside and verb and denial.type.lower() in kind.lower()
