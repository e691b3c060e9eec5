"""The scenes of the demo. Each scene checks what it shows against the simulator's state and logs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from demo import hub
from demo.initial_state import (
    BYOC_ENDPOINT,
    BYOC_SERVICE,
    BYOC_ZONE,
    ENDPOINT,
    FOREIGN_ALIAS,
    FOREIGN_ENDPOINT,
    NETWORK_GROUP,
    OWNER,
    SUBSCRIPTION,
    ZONE,
    Json,
    endpoint_id,
)
from demo.stage import Stage
from shared.domain.audit.report_model import AuditedEndpoint, AuditReport, Health

DRIFT = ("allow-list-missing", "record-drift", "registration-missing", "registration-orphaned")
ADDED, REMOVED = ["allow", "put-record", "register"], ["delete-record", "deregister", "disallow"]
_PLANNED = [*ADDED, *REMOVED]


@dataclass(frozen=True)
class Scene:
    title: str
    play: Callable[[Stage], None]


def play(stage: Stage) -> None:
    """Run all scenes. Raises UnexpectedStateError at the first state that differs from the expected one."""
    for number, scene in enumerate(SCENES, 1):
        stage.show.chapter(number, scene.title)
        stage.new_scene()
        scene.play(stage)


def created(stage: Stage) -> None:
    stage.show.say(
        "The tag selects every service with env=prod. The event only names the endpoint: the app reads the current"
        " state, plans, writes, and reads again."
    )
    status = stage.people.create_endpoint(ENDPOINT, "tag:env=prod")
    stage.checks.expect("connection", "Pending", lambda: status)
    stage.delivered()
    stage.show_pass(reads=True)
    stage.show.note("(the first event of a process also waits for the SDKs to load)")
    _expect_reachable(stage, ["analytics", "reporting"], _hostnames(stage))
    stage.checks.expect("outcome events", ["EndpointRegistered"], stage.outcome_events)
    _expect_foreign_untouched(stage)


def delivered_twice(stage: Stage) -> None:
    stage.show.say("Event Grid delivers at least once. The same event, a second time:")
    stage.deliver_again()
    stage.delivered()
    stage.show_pass()
    _expect_no_writes(stage)


def retagged(stage: Stage) -> None:
    stage.show.say("The tag defines all services of an endpoint: one that it no longer selects is removed.")
    stage.people.retag(ENDPOINT, "analytics")
    stage.delivered()
    stage.show_pass()
    stage.checks.expect("write calls", 1, lambda: len(stage.writes()), "1: only the difference is written")
    _expect_reachable(stage, ["analytics"], _hostnames(stage))


def recreated(stage: Stage) -> None:
    stage.show.say(
        "The new endpoint has the same name, but another GUID and another IP address. The delete event is lost; the"
        " create event is enough."
    )
    before = stage.now()
    stage.sim.delivery(lose=1)
    stage.people.delete_endpoint(ENDPOINT)
    stage.people.create_endpoint(ENDPOINT, "analytics")
    stage.delivered()
    stage.show_pass()
    _expect_gone(stage, before.guid(ENDPOINT))
    _expect_reachable(stage, ["analytics"], _hostnames(stage))
    addresses = [before.address(ENDPOINT), stage.now().address(ENDPOINT)]
    stage.checks.expect("addresses", 2, lambda: len(set(addresses)), " then ".join(addresses))
    _expect_foreign_untouched(stage)


def audited(stage: Stage) -> None:
    stage.show.say(
        "The audit checks every endpoint in scope and every object that the app owns. AUDIT_POLICY is report."
    )
    report = stage.app.audit()
    _expect_healthy(stage, report)
    stage.page("1-healthy", report)
    stage.show.say(
        "A second endpoint connects to a service in the customer's own account (BYOC), which has its own alias and its"
        " own DNS zone."
    )
    name = BYOC_SERVICE["name"]
    stage.people.create_endpoint(BYOC_ENDPOINT, name, BYOC_SERVICE["privateLinkService"])
    stage.delivered()
    stage.show_pass()
    guid, address = stage.now().guid(BYOC_ENDPOINT), stage.now().address(BYOC_ENDPOINT)
    stage.checks.expect(f"{guid[:8]} allowed by", [name], lambda: stage.now().allowed_by(guid))
    stage.checks.expect("record", [address], lambda: stage.now().wildcard(BYOC_ZONE), f"*.{BYOC_ZONE} → {address}")
    stage.show.say("The endpoint is deleted, and the delete event is lost.")
    stage.sim.delivery(lose=1)
    stage.people.delete_endpoint(BYOC_ENDPOINT)


def drifted(stage: Stage) -> None:
    stage.show.say(
        "Three objects are changed by hand. No event reports that, but the audit finds it, and what the deleted"
        " endpoint left."
    )
    guid = stage.now().guid(ENDPOINT)
    stage.people.take_off_allow_list("analytics", guid)
    stage.people.deregister(guid)
    stage.people.repoint_wildcard("10.0.1.200")
    stage.checks.expect("connection", "Rejected", lambda: stage.now().connection(ENDPOINT))
    before = stage.now().state
    report = stage.app.audit()
    _show_findings(stage, report)
    stage.page("2-drift", report)
    _expect_findings(stage, [one.code for one in report.findings], *DRIFT)
    serious = [one for one in report.findings if one.severity != "info"]
    stage.checks.expect("outcome events", ["DriftDetected"] * len(serious), stage.outcome_events)
    _expect_no_writes(stage)
    stage.checks.expect("state", before, lambda: stage.now().state, "as before the audit")


def dry_run(stage: Stage) -> None:
    stage.show.say("A dry run of sync shows the changes and writes nothing.")
    dry = stage.app.sync(dry_run=True)
    for change in dry["plan"]:
        stage.show.change(change)
    stage.checks.expect("plan", [*ADDED, *REMOVED], lambda: sorted(_named(dry["plan"]), key=_PLANNED.index))
    _expect_no_writes(stage)


def repaired(stage: Stage) -> None:
    stage.show.say("AUDIT_POLICY=upsert creates what is missing and repairs what is wrong.")
    with stage.app_under("upsert") as app:
        report = app.audit()
    _show_repairs(stage, report)
    stage.page("3-after-upsert", report)
    _expect_repairs(stage, report, ADDED)
    _expect_findings(stage, [one.code for one in report.findings], "registration-orphaned", "allow-list-extra")
    _expect_reachable(stage, ["analytics"], _row(report).hostnames)
    stage.show.say("AUDIT_POLICY=sync also removes what the deleted endpoint left.")
    with stage.app_under("sync") as app:
        report = app.audit()
    _show_repairs(stage, report)
    stage.page("4-after-sync", report)
    _expect_repairs(stage, report, REMOVED)
    _expect_healthy(stage, report)
    events = ["DriftRepaired"] * (len(ADDED) + len(REMOVED)) + ["EndpointDeregistered", "EndpointRegistered"]
    stage.checks.expect("outcome events", events, stage.outcome_events)
    stage.show_waits()
    _expect_foreign_untouched(stage)
    nothing = stage.app.sync(dry_run=False)
    stage.checks.expect("changes left", [], lambda: nothing["outcomes"], "nothing")


def foreign_service(stage: Stage) -> None:
    stage.show.say(
        "The endpoint is tagged, but connected to a Private Link service of another organization. A wildcard record"
        " would send all ClickHouse traffic of this network there."
    )
    before = stage.now().managed()
    stage.people.create_endpoint(FOREIGN_ENDPOINT, "*", FOREIGN_ALIAS)
    stage.delivered()
    stage.show_pass()
    found = stage.delivery()["findings"]
    for finding in found:
        stage.show.finding(finding)
    _expect_findings(stage, [one["code"] for one in found], "not-a-clickhouse-endpoint")
    stage.checks.expect("outcome events", ["EndpointRefused"], stage.outcome_events)
    _expect_no_writes(stage)
    stage.checks.expect("state", before, lambda: stage.now().managed(), "ClickHouse Cloud and zones unchanged")
    stage.checks.expect("its connection", "Pending", lambda: stage.now().connection(FOREIGN_ENDPOINT))


def deleted(stage: Stage) -> None:
    stage.show.say(
        "The endpoint and its tag no longer exist. The marks on the registration and the record set show what to"
        " remove."
    )
    guid = stage.now().guid(ENDPOINT)
    stage.people.delete_endpoint(ENDPOINT)
    stage.delivered()
    stage.show_pass(reads=True)
    _expect_gone(stage, guid)
    stage.checks.expect("record", [], lambda: stage.now().wildcard(), f"*.{ZONE}: none")
    _expect_foreign_untouched(stage)
    stage.checks.expect(
        "state", stage.first.managed(), lambda: stage.now().managed(),
        "ClickHouse Cloud and zones as at the start, etags included",
    )  # fmt: skip


SCENES = (
    Scene("A private endpoint is created and becomes reachable", created),
    Scene("The same event is delivered twice", delivered_twice),
    Scene("The tag changes", retagged),
    Scene("Hub and spoke: one central zone for all spokes", hub.central),
    Scene("The endpoint is deleted and recreated", recreated),
    Scene("An audit finds no problems; then a delete event is lost", audited),
    Scene("An audit finds drift", drifted),
    Scene("A dry run", dry_run),
    Scene("The audit repairs drift: with upsert, then with sync", repaired),
    Scene("A pipeline removes the tags of many endpoints: the removal limit", hub.stripped),
    Scene("A tagged endpoint of a foreign Private Link service gets nothing", foreign_service),
    Scene("The private endpoint is deleted, and everything is cleaned up", deleted),
)


def _expect_reachable(stage: Stage, services: list[str], hostnames: Mapping[str, str]) -> None:
    """The endpoint has exactly what its tag selects; the report has the host names for clients."""
    now, expect = stage.now(), stage.checks.expect
    guid, address = now.guid(ENDPOINT), now.address(ENDPOINT)
    at = f"{SUBSCRIPTION.rpartition('/')[2]}/{NETWORK_GROUP}/{ENDPOINT}"
    mark = f"clickhouse-privatelink/{OWNER} {at};"
    expect("registration", mark, lambda: stage.now().registration(guid), f"{guid}  {OWNER}'s, for {ENDPOINT}")
    expect("allow lists", services, lambda: stage.now().allowed_by(guid))
    expect("record", [address], lambda: stage.now().wildcard(), f"*.{ZONE} → {address}")
    expect("connection", "Approved", lambda: stage.now().connection(ENDPOINT))
    hosts = now.hostnames(services)
    expect("clients connect to", hosts, lambda: dict(hostnames), list(hosts.values()))


def _hostnames(stage: Stage) -> Json:
    """The host names that the app logged for the endpoint."""
    found: Json = stage.delivery()["hostnames"]
    return found


def _row(report: AuditReport) -> AuditedEndpoint:
    return next(row for row in report.endpoints if row.id == endpoint_id(ENDPOINT))


def _show_findings(stage: Stage, report: AuditReport) -> None:
    for finding in report.findings:
        stage.show.finding(asdict(finding))


def _show_repairs(stage: Stage, report: AuditReport) -> None:
    stage.show.say(report.sentence)
    for repair in report.repairs:
        stage.show.repair(repair)


def _expect_repairs(stage: Stage, report: AuditReport, changes: list[str]) -> None:
    done = [(change, "done") for change in changes]
    found = sorted((repair.change, repair.status) for repair in report.repairs)
    stage.checks.expect("repaired", done, lambda: found, changes)


def _expect_healthy(stage: Stage, report: AuditReport) -> None:
    stage.checks.expect("the audit says", Health.HEALTHY, lambda: report.health, report.sentence)


def _expect_gone(stage: Stage, guid: str) -> None:
    stage.checks.expect(f"{guid[:8]} registered", "none", lambda: stage.now().registration(guid), "no longer")
    stage.checks.expect(f"{guid[:8]} allowed by", [], lambda: stage.now().allowed_by(guid), "no service")


def _expect_no_writes(stage: Stage) -> None:
    stage.checks.expect("write calls", [], stage.writes)


def _expect_foreign_untouched(stage: Stage) -> None:
    foreign = stage.first.foreign()
    stage.checks.expect(
        "foreign objects", foreign, lambda: stage.now().foreign(),
        "one registration, one allow list entry and two records: unchanged",
    )  # fmt: skip


def _expect_findings(stage: Stage, codes: Iterable[str], *wanted: str) -> None:
    found = set(codes)
    stage.checks.expect("found", sorted(wanted), lambda: sorted(found & set(wanted)))


def _named(changes: list[Json]) -> list[str]:
    return sorted(change["change"] for change in changes)
