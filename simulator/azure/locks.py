"""Management locks, which refuse writes and deletes in their scope."""

from collections.abc import Sequence

from simulator import world
from simulator.azure.access import action
from simulator.azure.errors import ArmError
from simulator.azure.paths import Target


def refuse_locked(locks: Sequence[world.Lock], target: Target, method: str) -> None:
    """Raise ArmError(409) if a lock applies: `ReadOnly` to writes and deletes, `CanNotDelete` to deletes."""
    if method == "GET":
        return
    locked = [lock.scope for lock in locks if _applies(lock, target, method)]
    if locked:
        scopes = ", ".join(f"'{scope}'" for scope in locked)
        message = (
            f"The scope '{target.id}' cannot perform {action(method)} operation because following scope(s) are"
            f" locked: {scopes}. Please remove the lock and try again."
        )
        raise ArmError(409, "ScopeLocked", message)


def _applies(lock: world.Lock, target: Target, method: str) -> bool:
    inside = f"{target.key}/".startswith(f"{lock.scope.lower()}/")
    return inside and (lock.level == "ReadOnly" or method == "DELETE")
