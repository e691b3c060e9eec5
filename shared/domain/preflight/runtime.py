"""The checks of the running app: removals, event subscriptions, deliveries, reports."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.errors import UNKNOWN_CAUSE
from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.domain.model.remedies import store_remedy
from shared.domain.model.resources import ReadFailed
from shared.domain.model.text import counted
from shared.domain.planning.policy import Policy
from shared.domain.preflight import check_result as check
from shared.domain.preflight.check_result import CheckResult
from shared.domain.preflight.preflight_snapshot import Deliveries, EventSubscription, PreflightSnapshot, StoreState
from shared.domain.preflight.rbac import READ_TOPICS, missing_actions

FUNCTION = "/functions/endpoint_changed"
WEBHOOK = "/runtime/webhooks/eventgrid"
GRACE = timedelta(minutes=15)
SUBSCRIBE = "Create the event subscription (infra/events.bicep). Until then only audits notice changes."
PREFLIGHT_ROLE = "Assign the app's identity the role preflight of docs/permissions.md on the subscription."


def removals(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    """What removes the access of deleted and untagged endpoints, by EVENT_POLICY and AUDIT_POLICY."""
    policies, limit = snapshot.policies, snapshot.policies.max_removals
    if policies.events is Policy.SYNC:
        most = f"at most {counted(limit, 'live endpoint')} that lost the tag, per hour and process"
        return check.passed(f"by events, {most}; AUDIT_POLICY is {policies.audits}")
    if policies.audits is Policy.SYNC:
        return check.passed("by audits, not by events: EVENT_POLICY is upsert")
    detail = f"EVENT_POLICY is upsert and AUDIT_POLICY is {policies.audits}: neither events nor audits remove access"
    remedy = "No action needed if you remove access with sync; otherwise set AUDIT_POLICY or EVENT_POLICY to sync."
    return check.warning(detail, remedy)


def event_subscriptions(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    """Each subscription in ENDPOINT_SCOPES needs one that sends the events of this deployment."""
    if bad := check.unreadable(snapshot.event_subscriptions, PREFLIGHT_ROLE):
        return check.unknown(bad.detail, bad.remedy)
    by_scope = {scope: _to_this_app(found) for scope, found in snapshot.event_subscriptions.items()}
    if missing := sorted(scope for scope, found in by_scope.items() if not found):
        if all(_may_be_hidden(snapshot, scope) for scope in missing):
            return check.unknown(
                f"none found in {', '.join(missing)}, where the list may be incomplete", PREFLIGHT_ROLE
            )
        return check.failed(f"none sends events to endpoint_changed in {', '.join(missing)}", SUBSCRIBE)
    found = [one for some in by_scope.values() for one in some]
    if faults := [fault for one in found if (fault := _fault(one))]:
        return check.failed("; ".join(faults), SUBSCRIBE)
    return check.passed(", ".join(one.id for one in found))


def _to_this_app(listed: object) -> list[EventSubscription]:
    known = listed if isinstance(listed, tuple) else ()
    return [one for one in known if one.destination.lower().endswith((FUNCTION, WEBHOOK))]


def _may_be_hidden(snapshot: PreflightSnapshot, subscription: str) -> bool:
    rights = snapshot.rights.get(subscription)
    return not isinstance(rights, tuple) or bool(missing_actions(rights, [READ_TOPICS]))


def _fault(one: EventSubscription) -> str | None:
    if one.state.lower() != "succeeded":
        return f"{one.id} is {one.state}"
    types = EVENT_TYPES - {name.lower() for name in one.types}
    operations = OPERATIONS - {name.lower() for name in one.operations}
    missing = sorted((types if one.types else set()) | (operations if one.operations else set()))
    return f"{one.id} filters out {', '.join(missing)}" if missing else None


def deliveries(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    """Event Grid reports deliveries in hourly metrics only, some minutes late."""
    if bad := check.unreadable(snapshot.deliveries, PREFLIGHT_ROLE):
        return check.unknown(bad.detail, bad.remedy)
    known = [one for one in snapshot.deliveries.values() if isinstance(one, Deliveries)]
    detail = "; ".join(_counts(one) for one in known)
    if any(one.dead_lettered or one.dropped for one in known):
        return check.failed(detail, "Find in the log why the function failed. The next audit covers the lost events.")
    if any(one.failed and not one.delivered for one in known):
        return check.failed(detail, "Check that the function app runs and has the function endpoint_changed.")
    return check.passed(detail)


def _counts(one: Deliveries) -> str:
    last = f" (last before {one.last:%Y-%m-%d %H:%M} UTC)" if one.last else ""
    failures = f"{counted(one.failed, 'failed attempt')}, {one.dead_lettered} dead-lettered, {one.dropped} dropped"
    return f"{one.delivered} delivered{last}, {failures}"


def store(snapshot: PreflightSnapshot, _config: DeploymentConfig) -> CheckResult:
    """Reads alone prove that a store is writable by the reports in it."""
    state = snapshot.store
    if state is None:
        return check.passed("REPORT_STORE is not set: no reports are stored")
    if not isinstance(state, StoreState):
        remedy = store_remedy(state.cause if isinstance(state, ReadFailed) else UNKNOWN_CAUSE)
        return replace(check.not_read(str(check.failure_reason(state)), [state], remedy), remedy=remedy)
    if state.writable is False:
        return check.failed(f"{state.place} is not writable", store_remedy(UNKNOWN_CAUSE))
    if state.last is None:
        detail = f"no report in {state.place} yet" + ("; it is writable" if state.writable else "")
        return check.warning(detail, "Wait for the first audit.")
    age = f"the latest report in {state.place} is of {state.last:%Y-%m-%d %H:%M} UTC"
    if snapshot.at - state.last > 2 * snapshot.period + GRACE:
        remedy = "Find in the log why audits fail or cannot store reports."
        return check.failed(f"{age}, but an audit is due every {snapshot.period}", remedy)
    return check.passed(age)
