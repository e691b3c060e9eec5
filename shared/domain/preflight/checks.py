"""The preflight: what must be so for the product to do its work, in an order one can work through.

Each check is a pure judgement over what was seen. One that depends on another which is not ok is not
judged at all, and says because of which. Nothing is written for any of it, and nothing here reads.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.preflight import azure, clickhouse, runtime
from shared.domain.preflight.check_result import CheckResult, ok, wrong
from shared.domain.preflight.preflight_snapshot import Inspected
from shared.domain.preflight.steps import Answer, Step, Steps


@dataclass(frozen=True, slots=True)
class Check:
    """`needs`: the checks that must not have failed before this one can tell anything.

    `concerns`: whether these rules ask for what is checked.
    """

    name: str
    question: str
    judge: Callable[[Inspected, DeploymentConfig], CheckResult]
    needs: tuple[str, ...] = ("settings",)
    concerns: Callable[[DeploymentConfig], bool] = lambda _rules: True


def settings(seen: Inspected) -> CheckResult:
    """The settings, of which all else is told."""
    if seen.faults:
        return wrong(" ".join(seen.faults), "Correct the settings; every fault names its remedy.")
    return ok("all can be used")


IDENTITY = ("settings", "identity")
CATALOGUE = (
    Check("identity", "Can a token for Azure be had?", azure.identity),
    Check("private endpoints", "May private endpoints be read in every scope?", azure.endpoints, IDENTITY),
    Check("network interfaces", "May network interfaces be read in every scope?", azure.interfaces, IDENTITY),
    Check("private DNS zones", "May private DNS zones be read in every scope?", azure.zone_lists, IDENTITY),
    Check(
        "links and records",
        "May links and record sets be read in every zone?",
        azure.zones,
        ("private DNS zones",),
    ),
    Check(
        "writing records", "May record sets be written and deleted?", azure.writing, ("private DNS zones",)
    ),
    Check("making zones", "May zones and links be made?", azure.making, IDENTITY, azure.makes_zones),
    Check("ClickHouse key", "Is the API key valid for the organization?", clickhouse.key),
    Check("ClickHouse services", "May the services be read?", clickhouse.services, ("ClickHouse key",)),
    Check("ClickHouse role", "May the API key do what is needed?", clickhouse.role, ("ClickHouse key",)),
    Check("clocks", "Do the clocks agree?", runtime.clocks),
    Check(
        "zones and networks",
        "Has each region with services a zone that is linked?",
        clickhouse.regions,
        ("links and records", "ClickHouse services"),
    ),
    Check("removals", "Is what nobody asks for any more removed?", runtime.removals),
    Check("event subscription", "Do events reach the function?", runtime.event_subscriptions, IDENTITY),
    Check("deliveries", "Were the events of a day delivered?", runtime.deliveries, ("event subscription",)),
    Check("report store", "Are the audits' reports kept?", runtime.store),
)


def preflight(seen: Inspected, config: DeploymentConfig | None) -> Steps:
    """Every check that concerns this deployment, in order. `rules` is None where the settings are unusable."""
    first = _step("settings", "Can the settings be used?", settings(seen))
    steps = {first.name: first}
    for check in (one for one in CATALOGUE if config is None or one.concerns(config)):
        steps[check.name] = _judged(check, seen, config, steps)
    return tuple(steps.values())


def _judged(check: Check, seen: Inspected, config: DeploymentConfig | None, before: dict[str, Step]) -> Step:
    broken = (Answer.NOT_OK, Answer.NOT_CHECKED)
    failed = next((need for need in check.needs if need in before and before[need].answer in broken), None)
    if failed:
        first = before[failed]
        told = first.seen if first.answer is Answer.NOT_CHECKED else f"because of {failed}"
        return Step(check.name, check.question, Answer.NOT_CHECKED, told)
    assert config is not None, "without settings every check depends on one that failed"
    return _step(check.name, check.question, check.judge(seen, config))


def _step(name: str, question: str, judged: CheckResult) -> Step:
    return Step(name, question, judged.answer, judged.seen, judged.remedy)
