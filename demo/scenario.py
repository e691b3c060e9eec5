"""The story, scene by scene. Whatever a scene claims it checks against the simulator's state and logs."""

from collections.abc import Callable
from dataclasses import dataclass

from demo.stage import Stage
from demo.world import ENDPOINT, OWNER, STRANGER, STRANGERS_ALIAS, ZONE, Json, endpoint_id


@dataclass(frozen=True)
class Scene:
    title: str
    play: Callable[[Stage], None]


def play(stage: Stage) -> None:
    """The whole story. Raises UnexpectedStateError at the first state that is not as told."""
    for number, scene in enumerate(STORY, 1):
        stage.show.chapter(number, scene.title)
        stage.new_scene()
        scene.play(stage)


def created(stage: Stage) -> None:
    stage.show.say(
        "The tag asks for every service with env=prod. The event says no more than that something was written:"
        " the app reads what is true, decides, writes, and reads again."
    )
    status = stage.people.create_endpoint(ENDPOINT, "tag:env=prod")
    stage.checks.expect("connection", "Pending", lambda: status)
    stage.delivered()
    stage.show_pass(reads=True)
    stage.show.note("(the first event of a process also waits for the SDKs to be loaded)")
    _expect_reachable(stage, ["analytics", "reporting"], stage.event_report())
    _expect_foreign_untouched(stage)


def delivered_twice(stage: Stage) -> None:
    stage.show.say("Event Grid delivers at least once. A second, identical event:")
    stage.deliver_again()
    stage.delivered()
    stage.show_pass()
    _expect_no_writes(stage)


def retagged(stage: Stage) -> None:
    stage.show.say("The tag is the whole truth: a service that is no longer asked for is taken away.")
    stage.people.retag(ENDPOINT, "analytics")
    stage.delivered()
    stage.show_pass()
    stage.checks.expect(
        "write calls", 1, lambda: len(stage.writes()), "1: nothing else was different from what it should be"
    )
    _expect_reachable(stage, ["analytics"], stage.event_report())


def recreated(stage: Stage) -> None:
    stage.show.say(
        "Under the same name it gets another GUID and another address. The event of the deletion is lost"
        " on its way; that of the creation is enough."
    )
    before = stage.now()
    stage.sim.delivery(lose=1)
    stage.people.delete_endpoint(ENDPOINT)
    stage.people.create_endpoint(ENDPOINT, "analytics")
    stage.delivered()
    stage.show_pass()
    _expect_gone(stage, before.guid(ENDPOINT))
    _expect_reachable(stage, ["analytics"], stage.event_report())
    addresses = [before.address(ENDPOINT), stage.now().address(ENDPOINT)]
    stage.checks.expect("addresses", 2, lambda: len(set(addresses)), " then ".join(addresses))
    _expect_foreign_untouched(stage)


def audited(stage: Stage) -> None:
    stage.show.say(
        "Two people mean well. No event tells of it, but the audit sees it. Its policy is to report only."
    )
    stage.people.take_off_allow_list("analytics", stage.now().guid(ENDPOINT))
    stage.people.repoint_wildcard("10.0.1.200")
    stage.checks.expect("connection", "Rejected", lambda: stage.now().connection(ENDPOINT))
    drifted = stage.now().state
    report = stage.app.audit()
    for finding in report["findings"]:
        stage.show.finding(finding)
    _expect_findings(stage, report, "allow-list-missing", "record-drift")
    _expect_no_writes(stage)
    stage.checks.expect("state", drifted, lambda: stage.now().state, "as before the audit")


def repaired(stage: Stage) -> None:
    stage.show.say("A dry run tells what a sync would do, and writes nothing.")
    dry = stage.app.sync(dry_run=True)
    for change in dry["plan"]:
        stage.show.change(change)
    stage.checks.expect("plan", ["allow", "put-record"], lambda: _named(dry["plan"]))
    _expect_no_writes(stage)
    stage.show.say("The sync does just that.")
    report = stage.app.sync(dry_run=False)
    for outcome in report["outcomes"]:
        stage.show.change(outcome)
    stage.checks.expect(
        "outcomes", ["done", "done"], lambda: [outcome["status"] for outcome in report["outcomes"]]
    )
    stage.checks.expect("changed as planned", _named(dry["plan"]), lambda: _named(report["outcomes"]))
    stage.show_waits()
    _expect_reachable(stage, ["analytics"], report)


def stranger(stage: Stage) -> None:
    stage.show.say(
        "It is tagged, but connected to somebody else's Private Link service: with a wildcard record for it,"
        " all ClickHouse traffic of this network would go there."
    )
    before = stage.now().managed()
    stage.people.create_endpoint(STRANGER, "*", STRANGERS_ALIAS)
    stage.delivered()
    stage.show_pass()
    report = stage.event_report()
    for finding in report["findings"]:
        stage.show.finding(finding)
    _expect_findings(stage, report, "not-a-clickhouse-endpoint")
    _expect_no_writes(stage)
    stage.checks.expect(
        "given to it", before, lambda: stage.now().managed(), "nothing: ClickHouse Cloud and zones as before"
    )
    stage.checks.expect("its connection", "Pending", lambda: stage.now().connection(STRANGER))


def deleted(stage: Stage) -> None:
    stage.show.say(
        "The endpoint and its tag are gone. What was ours is known from the marks on the registration and"
        " on the record set."
    )
    guid = stage.now().guid(ENDPOINT)
    stage.people.delete_endpoint(ENDPOINT)
    stage.delivered()
    stage.show_pass(reads=True)
    _expect_gone(stage, guid)
    stage.checks.expect("record", [], lambda: stage.now().wildcard(), f"*.{ZONE}: none")
    _expect_foreign_untouched(stage)
    stage.checks.expect(
        "left behind", stage.first.managed(), lambda: stage.now().managed(),
        "nothing: ClickHouse Cloud and zones are what they were at first, to the last etag",
    )  # fmt: skip


STORY = (
    Scene("A private endpoint is created, and becomes reachable", created),
    Scene("The same event comes twice", delivered_twice),
    Scene("Its tag is edited", retagged),
    Scene("It is deleted and created again", recreated),
    Scene("Hand-made changes, and an audit that finds them", audited),
    Scene("A dry run, and a sync that repairs them", repaired),
    Scene("A tagged endpoint that points at a stranger gets nothing", stranger),
    Scene("The private endpoint is deleted, and nothing is left behind", deleted),
)


def _expect_reachable(stage: Stage, services: list[str], report: Json) -> None:
    """The endpoint has what its tag asks for, and nothing else; the report tells clients where to connect."""
    now, expect = stage.now(), stage.checks.expect
    guid, address = now.guid(ENDPOINT), now.address(ENDPOINT)
    mark = f"clickhouse-privatelink/{OWNER} {endpoint_id(ENDPOINT)};"
    expect("registration", mark, lambda: stage.now().registration(guid), f"{guid}  {OWNER}'s, for {ENDPOINT}")
    expect("allow lists", services, lambda: stage.now().allowed_by(guid))
    expect("record", [address], lambda: stage.now().wildcard(), f"*.{ZONE} → {address}")
    expect("connection", "Approved", lambda: stage.now().connection(ENDPOINT))
    hosts = now.hostnames(services)
    expect("clients connect to", hosts, lambda: _hostnames(report), list(hosts.values()))


def _hostnames(report: Json) -> Json:
    """The host names that a report tells for the endpoint."""
    found: Json = next(one["hostnames"] for one in report["endpoints"] if one["id"].endswith(ENDPOINT))
    return found


def _expect_gone(stage: Stage, guid: str) -> None:
    stage.checks.expect(f"{guid[:8]} registered", "none", lambda: stage.now().registration(guid), "no more")
    stage.checks.expect(f"{guid[:8]} allowed by", [], lambda: stage.now().allowed_by(guid), "no service")


def _expect_no_writes(stage: Stage) -> None:
    stage.checks.expect("write calls", [], stage.writes)


def _expect_foreign_untouched(stage: Stage) -> None:
    foreign = stage.first.foreign()
    stage.checks.expect(
        "foreign things", foreign, lambda: stage.now().foreign(),
        "one registration, one allow-list entry and two records: untouched",
    )  # fmt: skip


def _expect_findings(stage: Stage, report: Json, *codes: str) -> None:
    found = {finding["code"] for finding in report["findings"]}
    stage.checks.expect("found", sorted(codes), lambda: sorted(found & set(codes)))


def _named(changes: list[Json]) -> list[str]:
    return sorted(change["change"] for change in changes)
