"""The preflight: all checks, in an order in which problems can be solved.

The command `check` prints the preflight, and GET /api/health returns it. Each check is a pure function of the
snapshot. A check that depends on one that did not pass is skipped, so that one cause is reported once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.preflight import azure, clickhouse, runtime
from shared.domain.preflight.check_result import CheckResult, CheckStatus, Step, Steps, failed, passed, skipped
from shared.domain.preflight.preflight_snapshot import PreflightSnapshot


@dataclass(frozen=True, slots=True)
class Check:
    """`needs`: the checks that this one depends on, besides that of the settings."""

    name: str
    question: str
    run: Callable[[PreflightSnapshot, DeploymentConfig], CheckResult]
    needs: tuple[str, ...] = ()


SETTINGS = "Are the settings valid?"
SCOPES, ZONES, KEY = ("scopes",), ("private DNS zones",), ("ClickHouse key",)
CHECKS = (
    Check("identity", "Can the app get a token for Azure?", azure.identity),
    Check("scopes", "Can the scopes in the settings be read?", azure.scopes, ("identity",)),
    Check(azure.PERMISSIONS, "Are the identity's permissions known?", azure.permissions, SCOPES),
    Check("private endpoints", "Can private endpoints be read in every scope?", azure.endpoints, SCOPES),
    Check("network interfaces", "Can network interfaces be read in every scope?", azure.interfaces, SCOPES),
    Check("private DNS zones", "Can private DNS zones be read in every scope?", azure.zone_lists, SCOPES),
    Check("links and records", "Can links and record sets be read in every zone?", azure.zones, ZONES),
    Check("write records", "Can record sets be written and deleted?", azure.write_records, ZONES),
    Check("create zones", "Can zones and links be created?", azure.create_zones, SCOPES),
    Check("ClickHouse key", "Is the API key valid for the organization?", clickhouse.key),
    Check("ClickHouse services", "Can the services be read?", clickhouse.services, KEY),
    Check("ClickHouse role", "Does the API key have the required permissions?", clickhouse.role, KEY),
    Check(
        "zones and networks",
        "Does each region with services have a linked zone?",
        clickhouse.regions,
        ("links and records", "ClickHouse services"),
    ),
    Check("removals", "Is access of deleted and untagged endpoints removed?", runtime.removals),
    Check("event subscription", "Do events reach the function?", runtime.event_subscriptions, SCOPES),
    Check("deliveries", "Were the events of the last day delivered?", runtime.deliveries, ("event subscription",)),
    Check("report store", "Are audit reports stored?", runtime.store),
)  # fmt: skip


def preflight(snapshot: PreflightSnapshot, config: DeploymentConfig | None) -> Steps:
    """All checks, in order. `config` is None where the settings are invalid."""
    faults = " ".join(snapshot.faults)
    first = failed(faults, "Correct the settings (docs/settings.md).") if faults else passed("all valid")
    steps = {"settings": Step.of("settings", SETTINGS, first)}
    for check in CHECKS:
        blocked = _blocked(steps[name] for name in check.needs) if config else skipped("settings")
        result = blocked or check.run(snapshot, cast("DeploymentConfig", config))
        steps[check.name] = Step.of(check.name, check.question, result)
    return tuple(steps.values())


def _blocked(needed: Iterable[Step]) -> CheckResult | None:
    """The result of a check where one that it depends on did not pass."""
    for step in needed:
        if step.status is CheckStatus.SKIPPED:
            return CheckResult(step.status, step.detail)
        if step.status in (CheckStatus.FAILED, CheckStatus.UNKNOWN):
            return skipped(step.name)
    return None
