"""Management locks, which refuse writes and deletes in their scope to everybody."""

from collections.abc import Sequence

from simulator import world
from simulator.azure.access import action
from simulator.azure.errors import ArmError
from simulator.azure.paths import Target


def refuse_locked(locks: Sequence[world.Lock], target: Target, method: str) -> None:
    """Raise ArmError(409) where a lock holds the target: `ReadOnly` for all but reads, `CanNotDelete` for deletes."""
    if method == "GET":
        return
    holding = [one.scope for one in locks if _holds(one, target, method)]
    if holding:
        scopes = ", ".join(f"'{scope}'" for scope in holding)
        message = (
            f"The scope '{target.id}' cannot perform {action(method)} operation because following scope(s) are"
            f" locked: {scopes}. Please remove the lock and try again."
        )
        raise ArmError(409, "ScopeLocked", message)


def _holds(lock: world.Lock, target: Target, method: str) -> bool:
    inside = f"{target.key}/".startswith(f"{lock.scope.lower()}/")
    return inside and (lock.level == "ReadOnly" or method == "DELETE")
