"""Two scenes of hub and spoke: another deployment with one central zone."""

from collections.abc import Iterable

from demo.initial_state import SPOKES, Json
from demo.stage import HUB_MAX_REMOVALS, Stage

_CONNECTED = dict.fromkeys(SPOKES, ("Approved", ["analytics"]))


def central(stage: Stage) -> None:
    stage.show.say(
        "The network team has its own deployment, in a subscription with one spoke network per team. Only the hub,"
        " which has the DNS resolver, is linked to the zone. With DNS_ZONE_CHOICE=central no endpoint needs a zone tag."
    )
    before = stage.hub.logged()
    stage.people.create_spokes("analytics")
    stage.delivered()
    stage.checks.expect("each spoke", _CONNECTED, lambda: stage.now().spokes(), "Approved, allowed by analytics")
    (holder,) = stage.now().central_wildcard()
    stage.checks.expect("record points to", [holder], lambda: stage.now().central_wildcard(), f"pe-{holder}")
    stage.show.say("The spokes can reach each other, so one record serves all. The other endpoints get an info:")
    found = stage.hub.findings(before)
    served = [one for one in found if one["code"] == "wildcard-served-by-other"]
    stage.show.finding(served[0])
    others = sorted(f"pe-{spoke}" for spoke in SPOKES if spoke != holder)
    stage.checks.expect("served by it", others, lambda: _names(served))
    serious = [one["code"] for one in found if one["severity"] != "info"]
    stage.checks.expect("errors and warnings", [], lambda: serious)


def stripped(stage: Stage) -> None:
    stage.show.say(
        "A pipeline replaces all tags and so removes ours from every endpoint. MAX_REMOVALS limits how many existing"
        f" endpoints events release within an hour: {HUB_MAX_REMOVALS} here, 20 by default."
    )
    before = stage.hub.logged()
    stage.people.strip_tags()
    stage.delivered()
    kept = [spoke for spoke, (_, services) in stage.now().spokes().items() if services]
    shown = f"{', '.join(kept)}; {HUB_MAX_REMOVALS} others were released"
    stage.checks.expect("spokes kept", len(SPOKES) - HUB_MAX_REMOVALS, lambda: len(kept), shown)
    over = [one for one in stage.hub.findings(before) if one["code"] == "removals-over-limit"]
    stage.show.finding(over[0])
    stage.checks.expect("reported for", [f"pe-{spoke}" for spoke in kept], lambda: _names(over))
    stage.show.say("Deleted endpoints do not count towards the limit: everything of them is removed.")
    stage.people.delete_spokes()
    stage.delivered()
    stage.checks.expect("registered", [], lambda: stage.now().registered_by_hub(), "none of them")
    stage.checks.expect("record", [], lambda: stage.now().central_wildcard())


def _names(findings: Iterable[Json]) -> list[str]:
    return sorted({str(one["endpoint"]).rpartition("/")[2] for one in findings})
