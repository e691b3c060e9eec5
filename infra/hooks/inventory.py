"""What a deployment has outside its resource group: roles, role assignments, event subscriptions, topics, alerts."""

from dataclasses import dataclass

from common import items, rest, search, value

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
    """The deployment, also one that failed before azd received its outputs; None if there is nothing of it."""
    name, home = value("AZURE_ENV_NAME"), value("AZURE_SUBSCRIPTION_ID").lower()
    group = value("AZURE_RESOURCE_GROUP") or value("RESOURCE_GROUP_NAME") or f"rg-{name}"
    token, principal = value("DEPLOYMENT_TOKEN"), value("APP_IDENTITY_PRINCIPAL_ID")
    if not token or not principal:
        token, principal = _unfinished(name, home, group)
    if not token:
        return None
    created = value("ROLE_ASSIGNMENTS_CREATED") or value("ROLE_ASSIGNMENTS") or "all"
    events_group = value("EVENTS_RESOURCE_GROUP_NAME") or f"rg-{name}-events"
    return Deployment(name, token, home, group, events_group, principal, created == "all")


def _unfinished(name: str, home: str, group: str) -> tuple[str, str]:
    """Token and principal of a deployment that failed, from the identity that it creates first."""
    kind = "microsoft.managedidentity/userassignedidentities"
    at = f"subscriptionId =~ '{home}' and resourceGroup =~ '{group}' and tags['azd-env-name'] =~ '{name}'"
    query = f"resources | where type =~ '{kind}' and {at} and name startswith 'id-app-'"
    for row in search(f"{query} | project name, principal=properties.principalId"):
        return row["name"].removeprefix("id-app-"), row["principal"]
    return "", ""


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
        on_topic = event_subscriptions(topic)
        if mine := on_topic.pop(f"{PREFIX}-{owner.token}", None):
            subscriptions.append(Item("event subscription", mine, EVENT_GRID, at))
        if own:
            shared += on_topic.values()
            topics += [] if on_topic else [Item("system topic", topic, EVENT_GRID, at)]
    return subscriptions, topics, shared


def event_subscriptions(topic: str) -> dict[str, str]:
    found = rest("get", f"{topic}/eventSubscriptions", EVENT_GRID)["value"]
    return {one["name"]: one["id"] for one in found}


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
