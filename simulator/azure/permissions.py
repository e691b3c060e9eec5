"""The caller's permissions: `{scope}/providers/Microsoft.Authorization/permissions`.

The caller has all permissions except those that the world denies, so the response has one permission whose
`notActions` are the denials for the whole scope. Azure documents the call for resource groups and resources;
the simulator also answers it for subscriptions.
"""

from collections.abc import Iterator

from simulator import world
from simulator.azure.errors import ArmError, resource_not_found
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.wire import Reply, Request

TYPE = "Microsoft.Authorization/permissions"
SUFFIX = "/providers/microsoft.authorization/permissions"
VERSIONS = frozenset({"2015-07-01", "2018-07-01", "2022-04-01"})
_VERBS = {"read": ("/read",), "write": ("/write", "/delete", "/action"), "all": ("",)}


def answer(state: State, scope: Target, request: Request) -> Reply:
    """Return the caller's permissions at a subscription, a resource group or a resource."""
    check_version(request, TYPE, VERSIONS)
    if scope.type not in _SCOPES and not state.has(scope.key):
        raise resource_not_found(f"{scope.type}/{last(scope.id)}", scope.group)
    denied = sorted({pattern for one in state.denied if _applies(one, scope) for pattern in _patterns(one)})
    permission = {"actions": ["*"], "notActions": denied, "dataActions": [], "notDataActions": []}
    return Reply(200, {"value": [permission]})


def check_version(request: Request, kind: str, versions: frozenset[str]) -> None:
    """Raise ArmError if the API version does not exist."""
    version = request.param("api-version")
    if version not in versions:
        namespace, _, name = kind.partition("/")
        message = (
            f"No registered resource provider found for API version '{version}' for type '{name}' of"
            f" namespace '{namespace}'. The supported api-versions are '{', '.join(sorted(versions))}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", message)


_SCOPES = frozenset({"Microsoft.Resources/subscriptions", "Microsoft.Resources/resourceGroups"})


def _applies(denial: world.Denial, scope: Target) -> bool:
    return f"{scope.id.lower()}/".startswith(f"{denial.scope.lower()}/")


def _patterns(denial: world.Denial) -> Iterator[str]:
    kinds = f"*{denial.type}*" if denial.type else "*"
    yield from (f"{kinds}{verb}" for verb in _VERBS[denial.access])
