"""Alerts on failed deliveries, from the metrics of Event Grid."""

import json
import re
from typing import Any

import pytest

from tests.support.snapshots import INFRA, snapshot
from tests.support.terraform_module import blocks, files

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


def alerts(case: str) -> list[dict[str, Any]]:
    return [alert["properties"] for alert in snapshot(case).of("Microsoft.Insights/metricAlerts")]


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


def test_only_the_event_subscription_of_the_deployment_is_watched() -> None:
    """The one system topic of a subscription serves others too: their failures raise no alert here."""
    for alert, rule in zip(alerts("events"), RULES, strict=True):
        (criterion,) = alert["criteria"]["allOf"]
        first, second = criterion["dimensions"]
        assert first["name"] == "EventSubscriptionName"
        assert first["values"] == [
            snapshot("events").of("Microsoft.EventGrid/systemTopics/eventSubscriptions")[0]["name"].split("/")[1]
        ]
        assert (second["name"], second["values"]) == (rule["splitBy"], ["*"])


def test_the_threshold_is_a_parameter() -> None:
    """Failed attempts have a threshold, five by default; one dead-lettered or dropped event raises an alert."""

    def thresholds(case: str) -> list[int]:
        return [alert["criteria"]["allOf"][0]["threshold"] for alert in alerts(case)]

    assert thresholds("events") == [5, 0, 0]
    assert thresholds("events-subscriptions") == [50, 0, 0] * 2
    assert "'FAILED_DELIVERY_THRESHOLD', '5'" in (INFRA / "events.bicepparam").read_text()
    declared = {name: one for block in blocks("variable") for name, one in block.items()}
    assert declared["failed_delivery_threshold"]["default"] == 5


def test_an_existing_topic_is_watched_too() -> None:
    """Every monitored subscription has the alerts, in a resource group of the deployment, whoever owns the topic."""
    found = snapshot("events-subscriptions").of("Microsoft.Insights/metricAlerts")
    assert len(found) == 2 * len(RULES)
    theirs = [
        alert
        for alert in found
        if "/rg-theirs/" in alert["properties"]["scopes"][0].lower()
        or "'rg-theirs'" in alert["properties"]["scopes"][0]
    ]
    assert {alert["id"].split("/")[4] for alert in found} == {"clickhouse-automation", "clickhouse-events"}
    assert all(alert["properties"]["actions"] for alert in found)
    assert len(theirs) in (0, len(RULES))  # the id is an expression where the compiler does not know it


def test_rules_are_read_from_one_file() -> None:
    """Bicep and Terraform read the same rules."""
    assert "loadJsonContent('../alerts/deliveries.json')" in (INFRA / "modules/delivery-alerts.bicep").read_text()
    assert any("/../alerts/deliveries.json" in path.read_text() for path in files())
