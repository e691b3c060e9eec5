"""The simulator and the local host, connected by an event subscription."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.app import PATIENCE, App
from demo.by_hand import People, people
from demo.checks import Checks, UnexpectedStateError
from demo.found import Found
from demo.initial_state import (
    APP_KEY,
    HUB_KEY,
    HUB_OWNER,
    HUB_SUBSCRIPTION,
    ORGANIZATION,
    OWNER,
    SUBSCRIPTION,
    first_world,
)
from demo.show import Show
from demo.timeline import requests_of_app, together, writes
from localhost.host import Host
from localhost.host import running as running_host
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.event_filter import EVENT_TYPES, OPERATIONS
from shared.status_page import render
from simulator.client import RunningSimulator
from simulator.server import running as running_simulator

APP = Path(__file__).resolve().parent.parent
PAGES = APP / "build" / "demo"
RATE_LIMIT = "10/10"
LATENCY_MS = 20
TOPIC = "outcomes"
HUB_MAX_REMOVALS = 2
_CHECK_SECONDS = 5.0


@dataclass
class Stage:
    """What a scene uses. `scene_began`: the number of the last request before the scene."""

    sim: RunningSimulator
    host: Host
    app: App
    people: People
    checks: Checks
    show: Show
    first: Found
    hub: App
    scene_began: int = 0
    lines_before: int = 0
    outcome_events_before: int = 0

    def new_scene(self) -> None:
        log = self.sim.requests()
        self.scene_began = log[-1]["sequence"] if log else 0
        self.lines_before = self.app.logged()
        self.outcome_events_before = len(self.sim.topic(TOPIC))

    def now(self) -> Found:
        return Found(self.sim.state())

    def requests(self) -> list[Any]:
        """The app's requests in this scene."""
        return requests_of_app(self.sim.requests(), self.scene_began)

    def writes(self) -> list[str]:
        return writes(self.requests())

    def delivered(self) -> None:
        """Wait until Event Grid has delivered all events."""
        with self.show.waiting("waiting for Event Grid (ClickHouse Cloud allows 10 calls in 10 s)"):
            if not self.sim.idle(PATIENCE):
                raise UnexpectedStateError("delivery of the event", "202", self._answers())

    def delivery(self) -> Any:
        """What the app logged of the event in this scene."""
        return self.app.delivery(self.lines_before)

    def outcome_events(self) -> list[str]:
        """The types of the outcome events in this scene, in alphabetical order."""
        return sorted(one["type"].rpartition(".")[2] for one in self.sim.topic(TOPIC)[self.outcome_events_before :])

    def page(self, name: str, report: AuditReport) -> None:
        """Write the status page of a report into a folder that stays."""
        PAGES.mkdir(parents=True, exist_ok=True)
        path = PAGES / f"{name}.html"
        path.write_text(render(report, datetime.now(UTC)), encoding="utf-8")
        self.show.note(f"its page: {path.relative_to(APP)}")

    @contextmanager
    def app_under(self, policy: str) -> Iterator[App]:
        """The app with another AUDIT_POLICY and the same report store."""
        self.show.command(f"az functionapp config appsettings set --settings AUDIT_POLICY={policy} …")
        with running_host(APP, settings(self.sim.url, self.app.store, policy), timers=False) as host:
            yield App(host, self.show, self.checks, self.app.store)

    def show_pass(self, *, reads: bool = False) -> None:
        """Show what the app did for the latest event. Without `reads`, its reads are one line."""
        event = self._latest_event()
        zero = event["deliveries"][-1]["attempts"][0]["at"]
        kind, operation = event["event"]["eventType"], event["event"]["data"]["operationName"]
        self.show.event(f"delivers {kind.rpartition('.')[2]}: {operation.removeprefix('Microsoft.')}")
        groups = together(self.requests())
        if not reads:
            rows = [row for group in groups for row in group]
            self.show.reads([row for row in rows if not row.writes and not row.refused], zero)
            groups = together(e for e in self.requests() if e["method"] != "GET" or e["status"] != 200)
        self.show.rows(groups, zero)

    def show_waits(self) -> None:
        if any(entry["status"] == 429 for entry in self.requests()):
            self.show.note("(it waited for ClickHouse Cloud's rate limit)")

    def deliver_again(self) -> None:
        """Deliver the latest event again."""
        self.sim.emit(self._latest_event()["event"])

    def _latest_event(self) -> Any:
        """The latest event with a subscriber; events of record sets have none."""
        return next(one for one in reversed(self.sim.events()) if any(d["attempts"] for d in one["deliveries"]))

    def _answers(self) -> list[Any]:
        """What the latest event's webhook answered, attempt by attempt."""
        return [
            attempt["status"] for delivery in self._latest_event()["deliveries"] for attempt in delivery["attempts"]
        ]


@contextmanager
def staged(show: Show) -> Iterator[Stage]:
    """The stage, with everything running; nothing is left of it afterwards."""
    with running_simulator(first_world(), rate_limit=RATE_LIMIT, latency_ms=LATENCY_MS) as sim:
        show.note(f"simulator of Azure, Event Grid and ClickHouse Cloud   {sim.url}")
        with (
            TemporaryDirectory(prefix="reports-") as store,
            running_host(APP, settings(sim.url, Path(store)), timers=False) as host,
            running_host(APP, hub_settings(sim.url), timers=False) as hub_host,
            people(sim.url, show) as someone,
        ):
            show.note(f"function app on Microsoft's Python worker             {host.url}")
            checks = Checks(show, _CHECK_SECONDS)
            app = App(host, show, checks, Path(store))
            hub = App(hub_host, show, checks, Path(store) / "hub")
            stage = Stage(sim, host, app, someone, checks, show, Found(sim.state()), hub)
            _subscribe(sim, app, SUBSCRIPTION)
            _subscribe(sim, hub, HUB_SUBSCRIPTION)
            show.note("Event Grid subscription: handshake done")
            yield stage


def _subscribe(sim: RunningSimulator, app: App, subscription: str) -> None:
    """As by a system topic of one Azure subscription."""
    sim.subscribe(
        name=f"private-endpoints of {subscription}",
        endpoint=app.webhook(),
        subjectBeginsWith=f"{subscription}/",
        includedEventTypes=sorted(EVENT_TYPES),
        includedOperations=sorted(OPERATIONS),
    )


def hub_settings(url: str) -> dict[str, str]:
    """The settings of the network team's app: one central zone, and a low limit so that few endpoints show it."""
    return {
        **settings(url, Path()),
        "CLICKHOUSE_CLOUD_API_KEY": HUB_KEY["id"],
        "CLICKHOUSE_CLOUD_API_SECRET": HUB_KEY["secret"],
        "OWNER_ID": HUB_OWNER,
        "ENDPOINT_SCOPES": HUB_SUBSCRIPTION,
        "DNS_ZONE_CHOICE": "central",
        "MAX_REMOVALS": str(HUB_MAX_REMOVALS),
        "REPORT_STORE": "",
        "OUTCOME_TOPIC_ENDPOINT": "",
    }


def settings(url: str, store: Path, policy: str = "report") -> dict[str, str]:
    """The app's settings, as its README describes them, for clouds at `url` and reports in a folder."""
    return {
        "CLICKHOUSE_ORG_ID": ORGANIZATION,
        "CLICKHOUSE_CLOUD_API_KEY": APP_KEY["id"],
        "CLICKHOUSE_CLOUD_API_SECRET": APP_KEY["secret"],
        "CLICKHOUSE_API_URL": url,
        "AZURE_RESOURCE_MANAGER_URL": url,
        "OWNER_ID": OWNER,
        "ENDPOINT_SCOPES": SUBSCRIPTION,
        "AUDIT_SCHEDULE": "0 */15 * * * *",
        "AUDIT_POLICY": policy,
        "REPORT_STORE": str(store),
        "OUTCOME_TOPIC_ENDPOINT": f"{url}/topics/{TOPIC}/api/events",
    }
