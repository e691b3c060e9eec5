"""After azd provision: removes rights and event subscriptions of scopes that are no longer configured.

Deployments only add, so narrowed scopes would keep their rights. Where ROLE_ASSIGNMENTS leaves assignments to others,
this prints the commands for them.
"""

import json
from collections.abc import Callable
from typing import Any

from common import INFRA, AzureError, environment_folder, items, required, say, sign_in_or_stop, stop, value
from deletion import delete
from inventory import Item, deployment, find, subscription_of

ROLES: dict[str, dict[str, Any]] = json.loads((INFRA / "roles.json").read_text())


def wanted(grants: list[dict[str, Any]], monitored: set[str]) -> Callable[[Item], bool]:
    """Whether an item belongs to a scope that is configured now."""
    roles = {(ROLES[grant["role"]]["title"], grant["subscription"]) for grant in grants}
    scopes = {(ROLES[grant["role"]]["title"], scope.lower()) for grant in grants for scope in grant["scopes"]}

    def is_wanted(item: Item) -> bool:
        if item.kind == "role assignment":
            return (item.role, item.scope) in scopes
        if item.kind == "custom role":
            return (item.role, item.subscription) in roles
        return item.subscription in monitored

    return is_wanted


def narrow(grants: list[dict[str, Any]]) -> None:
    owner = deployment()
    if owner is None:
        return
    monitored = {subscription_of(scope) for scope in items("MONITORED_SCOPES")}
    is_wanted = wanted(grants, monitored)
    excess = [item for item in find(owner).items if not is_wanted(item)]
    if not excess:
        return
    say("These belong to scopes that are no longer configured, and are deleted now:")
    for item in excess:
        say(f"  {item}")
    if left := delete(excess):
        stop(f"{len(left)} could not be deleted; see above. azd provision tries again.")


def commands(grants: list[dict[str, Any]]) -> list[str]:
    """The commands that create custom roles and their assignments; the definitions are files."""
    folder = environment_folder()
    lines = []
    for grant in grants:
        role, scope = ROLES[grant["role"]], f"/subscriptions/{grant['subscription']}"
        file = folder / f"role-{grant['role']}-{grant['subscription'][:8]}.json"
        definition = {
            "Name": grant["title"],
            "Description": role["description"],
            "Actions": role["actions"],
            "AssignableScopes": [scope],
        }
        file.write_text(json.dumps(definition, indent=2) + "\n")
        lines.append(f'az role definition create --subscription {grant["subscription"]} --role-definition "{file}"')
        lines += [assignment(value("APP_IDENTITY_PRINCIPAL_ID"), grant["title"], scope) for scope in grant["scopes"]]
    return lines


def assignment(principal: str, role: str, scope: str) -> str:
    return (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal "
        f'--role "{role}" --scope "{scope}"'
    )


def print_commands(grants: list[dict[str, Any]], created: str) -> None:
    lines = commands(grants) if created in ("own", "none") else []
    if created == "none":
        own = json.loads(value("OWN_ROLE_ASSIGNMENTS") or "[]")
        lines += [assignment(one["principalId"], one["role"], one["scope"]) for one in own]
    if lines:
        say("ROLE_ASSIGNMENTS leaves these role assignments to others. Commands for somebody with the permission:\n")
        say("\n".join(lines))
    if created == "none" and not value("EVENTS_IDENTITY_ID"):
        say(
            "\nWith private networking, the system-assigned identity of each system topic also needs the role\n"
            f"Storage Blob Data Contributor on the container deadletters of {value('DEAD_LETTER_STORAGE_ID')}"
        )


def main() -> None:
    subscription, created = required("AZURE_SUBSCRIPTION_ID", "ROLE_ASSIGNMENTS_CREATED")
    sign_in_or_stop(subscription)
    grants = json.loads(value("ROLE_GRANTS") or "[]")
    print_commands(grants, created)
    try:
        narrow(grants)
    except AzureError as error:
        stop(f"Rights and event subscriptions of earlier scopes could not be searched; they are unchanged.\n{error}")


if __name__ == "__main__":
    main()
