"""Subscriptions and resource groups."""

from simulator.azure.access import readable
from simulator.azure.bodies import body_of, text
from simulator.azure.errors import group_not_found, subscription_not_found
from simulator.azure.events import TENANT
from simulator.azure.pages import page
from simulator.azure.paths import Target, last
from simulator.azure.state import State
from simulator.wire import Json, Reply, Request

TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


def get(state: State, target: Target, _request: Request) -> Reply:
    group = state.groups.get(target.scope.lower())
    if group is None:
        raise group_not_found(target.name)
    return Reply(200, _render(group))


def listing(state: State, target: Target, request: Request) -> Reply:
    rows = (row for row in state.groups.items() if target.holds(row[0]))
    return page(request, state.page_size, readable(state.denied, TYPE, rows), _render)


def put(state: State, target: Target, request: Request) -> Reply:
    text(body_of(request), "location")
    existed = target.scope.lower() in state.groups
    group = state.groups.setdefault(target.scope.lower(), target.scope)
    return Reply(200 if existed else 201, _render(group))


def get_subscription(state: State, target: Target, _request: Request) -> Reply:
    subscription = state.subscriptions.get(target.name.lower())
    if subscription is None:
        raise subscription_not_found(target.name)
    return Reply(200, _render_subscription(subscription))


def list_subscriptions(state: State, _target: Target, request: Request) -> Reply:
    return page(request, state.page_size, state.subscriptions.items(), _render_subscription)


def _render(group: str) -> Json:
    return {
        "id": group,
        "name": last(group),
        "type": TYPE,
        "location": "westus3",
        "properties": {"provisioningState": "Succeeded"},
    }


def _render_subscription(subscription: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT,
        "displayName": "Simulated",
        "state": "Enabled",
    }
