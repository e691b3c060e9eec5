"""The checks of what runs: clocks, event subscriptions, deliveries, reports."""

from datetime import timedelta

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.domain.model.text import counted
from shared.domain.planning.policy import Policy
from shared.domain.preflight.check_result import CheckResult, failed, ok, remedy_for, unsure, why_not, wrong
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription, Inspected, StoreSeen
from shared.domain.preflight.rbac import READ_TOPICS, lacking

# Azure's tokens are taken up to five minutes before and after their time.
MOST_SECONDS = 120.0
# Answers tell whole seconds, and take some time to come.
NOTICED_SECONDS = 3.0
FUNCTION = "/functions/endpoint_changed"
WEBHOOK = "/runtime/webhooks/eventgrid"
GRACE = timedelta(minutes=15)
CONTRIBUTE = "Give the app's identity the role Storage Blob Data Contributor on the container."
SUBSCRIBE = "Create the event subscription (infra/events.bicep); until then only audits see what changes."
RIGHT = "Give the app's identity the role preflight of docs/permissions.md on the subscription, or look in the portal."


def clocks(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    if not seen.clocks:
        return unsure(
            "no system told its time", "None, if the checks above fail; otherwise look at the clock."
        )
    told = ", ".join(_compared(name, ahead) for name, ahead in sorted(seen.clocks.items()))
    if all(abs(ahead) <= MOST_SECONDS for ahead in seen.clocks.values()):
        return ok(told)
    return wrong(told, "Set this machine's clock: tokens and certificates depend on it.")


def _compared(name: str, ahead: float) -> str:
    if abs(ahead) < NOTICED_SECONDS:
        return f"{name}'s agrees with ours"
    return f"{name}'s is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"


def removals(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    """Who removes what deleted and untagged endpoints leave behind, by EVENT_POLICY and AUDIT_POLICY."""
    policies, limit = seen.policies, seen.policies.max_removals
    if policies.events is Policy.SYNC:
        most = f"at most {counted(limit, 'live endpoint')} that lost their tag within an hour and process"
        return ok(f"by events, {most}; the audit's policy is {policies.audits}")
    if policies.audits is Policy.SYNC:
        return ok("by audits, not by events: EVENT_POLICY is upsert")
    told = f"EVENT_POLICY is upsert and AUDIT_POLICY is {policies.audits}: neither events nor audits remove anything"
    return unsure(told, "None if people run sync for it; otherwise set AUDIT_POLICY or EVENT_POLICY to sync.")


def event_subscriptions(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    """In each subscription with endpoints: one that brings what the function looks at."""
    if bad := failed(seen.event_subscriptions, RIGHT, unsure):
        return bad
    serving = {one: _serving(found) for one, found in seen.event_subscriptions.items()}
    missing = sorted(one for one, found in serving.items() if not found)
    if missing and all(_may_be_hidden(seen, one) for one in missing):
        return unsure(f"none is seen in {', '.join(missing)}, and not all may be shown", RIGHT)
    if missing:
        return wrong(f"none leads to endpoint_changed in {', '.join(missing)}", SUBSCRIBE)
    found = [one for some in serving.values() for one in some]
    faults = [fault for one in found if (fault := _fault(one))]
    if faults:
        return wrong("; ".join(faults), SUBSCRIBE)
    return ok(", ".join(one.id for one in found))


def _serving(found: object) -> list[EventSubscription]:
    known = found if isinstance(found, tuple) else ()
    return [one for one in known if one.destination.lower().endswith((FUNCTION, WEBHOOK))]


def _may_be_hidden(seen: Inspected, subscription: str) -> bool:
    """Whether ARM may have left out system topics that there are."""
    rights = seen.rights.get(subscription)
    return not isinstance(rights, tuple) or bool(lacking(rights, [READ_TOPICS]))


def _fault(one: EventSubscription) -> str | None:
    if one.state.lower() != "succeeded":
        return f"{one.id} is {one.state}"
    untyped = EVENT_TYPES - {name.lower() for name in one.types}
    left_out = OPERATIONS - {name.lower() for name in one.operations}
    missing = sorted((untyped if one.types else set()) | (left_out if one.operations else set()))
    return f"{one.id} leaves out {', '.join(missing)}" if missing else None


def deliveries(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    """Event Grid tells of deliveries only in its metrics, hour by hour and some minutes late."""
    if not seen.deliveries:
        return unsure("it is not known through which system topic", "See what event subscription says.")
    if bad := failed(seen.deliveries, RIGHT, unsure):
        return bad
    told = {topic: one for topic, one in seen.deliveries.items() if isinstance(one, Deliveries)}
    words = "; ".join(_told(one) for one in told.values())
    if any(one.dead_lettered or one.dropped for one in told.values()):
        return wrong(
            words, "Find out why the function failed; the next audit looks at all endpoints all the same."
        )
    if any(one.failed and not one.delivered for one in told.values()):
        return wrong(words, "See whether the function app is running, and whether its function is there.")
    return ok(words)


def _told(one: Deliveries) -> str:
    last = f", the last before {one.last:%Y-%m-%d %H:%M} UTC" if one.last else ""
    return (
        f"{one.delivered} delivered{last}; {counted(one.failed, 'attempt')} failed, {one.dead_lettered} dead-lettered,"
        f" {one.dropped} dropped"
    )


def store(seen: Inspected, _rules: DeploymentConfig) -> CheckResult:
    """What only reads can tell that a store is writable by what was written."""
    if seen.store is None:
        return ok("REPORT_STORE is not set: they are not to be kept")
    if not isinstance(seen.store, StoreSeen):
        return wrong(str(why_not(seen.store)), remedy_for([seen.store], CONTRIBUTE))
    place, last = seen.store.place, seen.store.last
    if seen.store.writable is False:
        return wrong(
            f"{place} cannot be written to", "Let the app write there, or set REPORT_STORE to another place."
        )
    if last is None:
        told = f"no report is in {place} yet" + ("; it can be written to" if seen.store.writable else "")
        return unsure(told, "Wait for the first audit.")
    age = f"the latest report in {place} is of {last:%Y-%m-%d %H:%M} UTC"
    if seen.at - last > 2 * seen.period + GRACE:
        return wrong(
            f"{age}, while audits are due every {seen.period}", "See why audits fail or cannot be kept."
        )
    return ok(age)
