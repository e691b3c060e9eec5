"""Two scenes in hub and spoke, where the network team's own deployment works with one central zone."""

from collections.abc import Iterable

from demo.stage import HUB_MAX_REMOVALS, Stage
from demo.world import SPOKES, Json

_ALL_WELL = dict.fromkeys(SPOKES, ("Approved", ["analytics"]))


def central(stage: Stage) -> None:
    stage.show.say(
        "The network team has a deployment of its own, in a subscription with a network for each team: spokes. Only"
        " the hub, where the DNS resolver is, is linked to the zone. DNS_ZONE_CHOICE is central, so no endpoint needs"
        " a tag for its zone."
    )
    before = stage.hub.logged()
    stage.people.create_spokes("analytics")
    stage.delivered()
    stage.checks.expect(
        "each spoke", _ALL_WELL, lambda: stage.now().spokes(), "Approved, allowed by analytics"
    )
    (holder,) = stage.now().central_wildcard()
    stage.checks.expect("record leads to", [holder], lambda: stage.now().central_wildcard(), f"pe-{holder}")
    stage.show.say(
        "The spokes reach each other, so any endpoint will do. The others are told so, as an info:"
    )
    found = stage.hub.findings(before)
    served = [one for one in found if one["code"] == "wildcard-served-by-other"]
    stage.show.finding(served[0])
    others = sorted(f"pe-{spoke}" for spoke in SPOKES if spoke != holder)
    stage.checks.expect("served by it", others, lambda: _names(served))
    serious = [one["code"] for one in found if one["severity"] != "info"]
    stage.checks.expect("errors and warnings", [], lambda: serious)


def stripped(stage: Stage) -> None:
    stage.show.say(
        "A pipeline writes the tags that it knows, and so takes ours off every endpoint. MAX_REMOVALS limits how many"
        f" live endpoints events release within an hour: {HUB_MAX_REMOVALS} here, 20 if it is not set."
    )
    before = stage.hub.logged()
    stage.people.strip_tags()
    stage.delivered()
    kept = [spoke for spoke, (_, services) in stage.now().spokes().items() if services]
    told = f"{', '.join(kept)}; {HUB_MAX_REMOVALS} others were released"
    stage.checks.expect("spokes kept", len(SPOKES) - HUB_MAX_REMOVALS, lambda: len(kept), told)
    over = [one for one in stage.hub.findings(before) if one["code"] == "removals-over-limit"]
    stage.show.finding(over[0])
    stage.checks.expect("told of", [f"pe-{spoke}" for spoke in kept], lambda: _names(over))
    stage.show.say("Endpoints that are deleted are not counted: whatever the limit, nothing of them is left.")
    stage.people.delete_spokes()
    stage.delivered()
    stage.checks.expect("registered", [], lambda: stage.now().registered_by_hub(), "none of them")
    stage.checks.expect("record", [], lambda: stage.now().central_wildcard())


def _names(findings: Iterable[Json]) -> list[str]:
    return sorted({str(one["endpoint"]).rpartition("/")[2] for one in findings})
