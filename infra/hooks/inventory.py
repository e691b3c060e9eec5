"""What a deployment has outside its resource group: roles, role assignments, event subscriptions, topics, alerts."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common import AzureError, items, rest, say, search, value

EVENT_GRID, ALERTS, AUTHORIZATION, RESOURCES = "2025-02-15", "2018-03-01", "2022-04-01", "2025-04-01"
TOPIC_TYPE = "microsoft.resources.subscriptions"
ALERT_TYPE = "microsoft.insights/metricalerts"
GROUP_TYPE = "microsoft.resources/subscriptions/resourcegroups"
PREFIX = "clickhouse-privatelink"


@dataclass(frozen=True)
class Item:
    """A resource of the deployment, and how to delete it."""

    kind: str
    id: str
    version: str
    subscription: str
    role: str = ""
    """Title of the role in roles.json, for roles and their assignments."""
    scope: str = ""

    def __str__(self) -> str:
        what = f"{self.role} at {self.scope}: " if self.scope else f"{self.role}: " if self.role else ""
        return f"{self.kind}: {what}{self.id}"


@dataclass(frozen=True)
class Deployment:
    """The outputs of main.bicep that identify what belongs to the deployment."""

    name: str
    token: str
    home: str
    home_group: str
    events_group: str
    principal: str
    creates_roles: bool
    """False: others created the custom roles and their assignments, so the hooks do not delete them."""


@dataclass(frozen=True)
class Found:
    """What belongs to the deployment, in the order in which it can be deleted; and what others have put on it."""

    items: list[Item]
    shared: list[str]
    """Event subscriptions of others on system topics of the deployment."""


def deployment() -> Deployment | None:
    """The deployment; None if no azd provision has finished."""
    token, principal = value("DEPLOYMENT_TOKEN"), value("APP_IDENTITY_PRINCIPAL_ID")
    if not token or not principal:
        return None
    name = value("AZURE_ENV_NAME")
    return Deployment(
        name,
        token,
        value("AZURE_SUBSCRIPTION_ID").lower(),
        value("AZURE_RESOURCE_GROUP") or f"rg-{name}",
        value("EVENTS_RESOURCE_GROUP_NAME") or f"rg-{name}-events",
        principal,
        value("ROLE_ASSIGNMENTS_CREATED") == "all",
    )


def subscription_of(resource: str) -> str:
    return resource.split("/")[2].lower()


def find(owner: Deployment) -> Found:
    """Searches all subscriptions that the signed-in user can read."""
    alerts = _alerts(owner)
    subscriptions, topics, shared = _events(owner, {item.subscription for item in alerts})
    roles = _roles(owner) if owner.creates_roles else []
    return Found([*subscriptions, *alerts, *topics, *_groups(owner), *roles], shared)


def in_home_group(owner: Deployment, item: Item) -> bool:
    """Whether azd down deletes a resource with the resource group of the deployment."""
    home = f"/subscriptions/{owner.home}/resourcegroups/{owner.home_group}/".lower()
    return item.id.lower().startswith(home)


def _events(owner: Deployment, monitored: set[str]) -> tuple[list[Item], list[Item], list[str]]:
    """Event subscriptions and topics of the deployment, and event subscriptions of others on these topics."""
    given = [topic.lower() for topic in items("SYSTEM_TOPIC_IDS")]
    kind = "type =~ 'microsoft.eventgrid/systemtopics' and properties.topicType =~"
    subscriptions: list[Item] = []
    topics: list[Item] = []
    shared: list[str] = []
    for row in search(f"resources | where {kind} '{TOPIC_TYPE}' | project id"):
        topic, at = row["id"], subscription_of(row["id"])
        own = topic.rpartition("/")[2] == f"evst-subscription-{owner.token}"
        # Every monitored subscription has alerts. Other topics are not asked: there can be hundreds.
        if not own and at not in monitored and topic.lower() not in given:
            continue
        on_topic = _on_topic(topic)
        if mine := on_topic.pop(f"{PREFIX}-{owner.token}", None):
            subscriptions.append(Item("event subscription", mine, EVENT_GRID, at))
        if own:
            shared += on_topic.values()
            topics += [] if on_topic else [Item("system topic", topic, EVENT_GRID, at)]
    return subscriptions, topics, shared


def _on_topic(topic: str) -> dict[str, str]:
    answer = rest("get", f"{topic}/eventSubscriptions", EVENT_GRID)
    return {one["name"]: one["id"] for one in answer["value"]}


def _alerts(owner: Deployment) -> list[Item]:
    """The alerts on deliveries. Those on the log are in the home resource group, and of another type."""
    query = f"resources | where type =~ '{ALERT_TYPE}' and name endswith '-{owner.token}'"
    found = [row["id"] for row in search(f"{query} | project id")]
    return [Item("alert", one, ALERTS, subscription_of(one)) for one in found]


def _groups(owner: Deployment) -> list[Item]:
    """The resource groups that the deployment created in other subscriptions."""
    query = f"resourcecontainers | where type =~ '{GROUP_TYPE}' and name =~ '{owner.events_group}'"
    found = []
    for row in search(f"{query} | project id, tags"):
        group, subscription = row["id"], subscription_of(row["id"])
        # In its own subscription the deployment creates no such group: one of that name belongs to somebody else.
        if subscription == owner.home or (row.get("tags") or {}).get("azd-env-name") != owner.name:
            continue
        found.append(Item("resource group, if it is empty", group, RESOURCES, subscription))
    return found


def _roles(owner: Deployment) -> list[Item]:
    table = "authorizationresources | where type =~ 'microsoft.authorization/"
    query = f"{table}roledefinitions' and properties.roleName contains '({owner.token}, '"
    definitions: dict[str, Item] = {}
    for row in search(f"{query} | project id, name=properties.roleName, scopes=properties.assignableScopes"):
        scope, role = row["scopes"][0], row["name"].removeprefix(f"{PREFIX} ").split(",")[0]
        guid = row["id"].rpartition("/")[2].lower()
        path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        definitions[guid] = Item("custom role", path, AUTHORIZATION, subscription_of(scope), role)
    query = f"{table}roleassignments' and properties.principalId =~ '{owner.principal}'"
    assignments = []
    for row in search(f"{query} | project id, scope=properties.scope, role=properties.roleDefinitionId"):
        definition = definitions.get(row["role"].rpartition("/")[2].lower())
        if definition:
            scope = row["scope"].lower()
            assignments.append(
                Item(
                    "role assignment",
                    row["id"],
                    AUTHORIZATION,
                    definition.subscription,
                    definition.role,
                    scope,
                )
            )
    return [*assignments, *definitions.values()]


def delete(found: list[Item]) -> list[Item]:
    """Deletes items one after the other and returns those that could not be deleted."""
    left = []
    for item in found:
        try:
            if item.kind == "system topic" and (others := _on_topic(item.id)):
                say(f"Kept, because of event subscriptions of others ({', '.join(others)}): {item.id}")
                continue
            if item.kind.startswith("resource group") and (inside := _inside(item.id)):
                say(f"Kept, because it is not empty ({', '.join(inside)}): {item.id}")
                continue
            rest("delete", item.id, item.version)
            say(f"Deleted {item}")
        except AzureError as error:
            if "NotFound" in str(error) or "could not be found" in str(error):
                continue
            say(f"Could not delete {item}\n{error}")
            left.append(item)
    return left


def _inside(group: str) -> list[str]:
    answer: Any = rest("get", f"{group}/resources", RESOURCES)
    return [one["name"] for one in answer["value"]]


def save(file: Path, found: list[Item]) -> None:
    file.write_text(json.dumps([asdict(item) for item in found], indent=2) + "\n")


def load(file: Path) -> list[Item]:
    return [Item(**item) for item in json.loads(file.read_text())]
