"""The alerts on deliveries that fail: what Event Grid counts, because the function's log cannot show it."""

import json
import re
from typing import Any

import pytest

from tests.support.bicep import INFRA, Template, needs_checker
from tests.support.terraform_module import blocks, files, resources

# Dimensions of the metrics of a system topic, as Azure's own API lists them:
# https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-eventgrid-systemtopics-metrics
DIMENSIONS = {
    "DeliveryAttemptFailCount": {"Error", "ErrorType", "EventSubscriptionName"},
    "DeadLetteredCount": {"DeadLetterReason", "EventSubscriptionName"},
    "DroppedEventCount": {"DropReason", "EventSubscriptionName"},
}
# https://learn.microsoft.com/rest/api/monitor/metric-alerts/create-or-update
WINDOWS = {"PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"}
RULES = json.loads((INFRA / "alerts" / "deliveries.json").read_text())


def criterion() -> dict[str, Any]:
    alert = Template("modules/delivery-alerts.bicep").value("resource", "alerts")["properties"]
    (one,) = alert["criteria"]["allOf"]
    return dict(one)


def test_what_never_arrives_is_counted() -> None:
    """Failed attempts, dead letters and dropped events each raise an alert, the worse the more severe."""
    severities = {rule["metric"]: rule["severity"] for rule in RULES}
    assert severities == {"DeliveryAttemptFailCount": 2, "DeadLetteredCount": 1, "DroppedEventCount": 0}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["metric"]))
def test_a_rule_fits_its_metric(rule: dict[str, Any]) -> None:
    """Each rule is split by a dimension that Azure has for that metric, over a window that Azure takes."""
    assert rule["splitBy"] in DIMENSIONS[rule["metric"]] - {"EventSubscriptionName"}
    assert rule["window"] in WINDOWS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["metric"]))
def test_a_rule_names_a_runbook_that_there_is(rule: dict[str, Any]) -> None:
    """An alert names the section of docs/operate.md that helps, in the words of its heading."""
    page = (INFRA.parent / "docs" / "operate.md").read_text()
    for heading in re.findall(r"the runbook '([^']+)'", rule["description"]):
        assert f"\n### {heading}\n" in page


@needs_checker
def test_only_our_event_subscription_is_watched() -> None:
    """A subscription's one system topic serves others too: their failures raise none of our alerts."""
    first, second = criterion()["dimensions"]
    assert first["name"] == "EventSubscriptionName"
    assert first["values"] == ["eventSubscriptionName"]
    assert (second["name"], second["values"]) == ("rule.splitBy", ["*"])


@needs_checker
def test_the_threshold_is_a_parameter() -> None:
    """Failed attempts have a threshold of their own, five unless given; a dead or dropped event is one too many."""
    assert "== 'DeliveryAttemptFailCount' ? failedDeliveryThreshold : 0" in criterion()["threshold"]
    assert Template("events.bicep").value("param", "failedDeliveryThreshold") == 5
    assert "'FAILED_DELIVERY_THRESHOLD', '5'" in (INFRA / "events.bicepparam").read_text()
    declared = {name: one for block in blocks("variable") for name, one in block.items()}
    assert declared["failed_delivery_threshold"]["default"] == 5


@needs_checker
def test_an_existing_topic_is_watched_as_well() -> None:
    """The alerts are made for every monitored subscription, in a group of ours, whoever made the system topic."""
    alerts = Template("modules/monitored.bicep").value("module", "alerts")
    assert alerts["params"]["topicId"] == "delivery.outputs.topicId"
    statement = Template("modules/monitored.bicep").statements()["module", "alerts"]
    assert " = if " not in statement.split("{", 1)[0]
    assert "scope: resourceGroup(resourceGroupName)" in statement


@needs_checker
def test_the_home_group_keeps_its_tags() -> None:
    """The second phase makes groups in other subscriptions only: the home group is main.bicep's."""
    group = Template("modules/monitored.bicep").statements()["resource", "group"]
    assert " = if (makeResourceGroup) {" in group
    passed = Template("events.bicep").statements()["module", "subscriptions"]
    assert "makeResourceGroup: id != toLower(subscription().subscriptionId)" in passed
    assert "azapi_resource.group.name" in resources()["events_group"]["for_each"]


def test_rules_are_read_from_one_file() -> None:
    """Bicep and Terraform read the same rules."""
    assert (
        "loadJsonContent('../alerts/deliveries.json')"
        in (INFRA / "modules/delivery-alerts.bicep").read_text()
    )
    assert any("/../alerts/deliveries.json" in path.read_text() for path in files())
