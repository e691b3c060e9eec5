"""Azure's limits on the metadata of record sets."""

import httpx
import pytest

from simulator.client import RunningSimulator
from tests.simulator.conftest import ZONE, Json

RECORD = f"{ZONE}/A/*"


def body(metadata: Json) -> Json:
    return {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.0.1.4"}], "metadata": metadata}}


def stored(arm: httpx.Client) -> Json:
    """Return the metadata of the record set."""
    metadata: Json = arm.get(RECORD).raise_for_status().json()["properties"].get("metadata", {})
    return metadata


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {f"endpoint-{number}": "x" for number in range(1, 16)},
        {"clickhouse-privatelink": "x" * 256},
    ],
)
def test_within_the_limits(arm: httpx.Client, metadata: Json) -> None:
    """15 pairs and values of 256 characters are stored unchanged."""
    assert arm.put(RECORD, json=body(metadata)).status_code == 201
    assert stored(arm) == metadata


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"10.0.1.4": "x"}, "'10.0.1.4'"),
        ({"": "x"}, "''"),
        ({f"endpoint-{number}": "x" for number in range(16)}, "at most 15"),
        ({"clickhouse-privatelink": "x" * 257}, "exceeds 256"),
        ({"a": 1}, "must be strings"),
    ],
)
def test_beyond_the_limits(arm: httpx.Client, metadata: Json, reason: str) -> None:
    """A PUT or PATCH over the limits returns 400 without any change."""
    assert arm.put(RECORD, json=body(metadata)).status_code == 400
    assert arm.get(RECORD).status_code == 404
    arm.put(RECORD, json=body({"team": "data"})).raise_for_status()
    refused = arm.patch(RECORD, json={"properties": {"metadata": metadata}})
    assert refused.status_code == 400
    assert reason in refused.json()["error"]["message"]
    assert stored(arm) == {"team": "data"}


def test_dropped(sim: RunningSimulator, arm: httpx.Client) -> None:
    """With `drop` invalid names are silently dropped; the other limits still apply."""
    sim.metadata("drop")
    assert arm.put(RECORD, json=body({"10.0.1.4": "x", "team": "data"})).status_code == 201
    assert stored(arm) == {"team": "data"}
    assert arm.patch(RECORD, json={"properties": {"metadata": {"1": "x"}}}).is_success
    assert stored(arm) == {}
    assert arm.put(RECORD, json=body({"team": "x" * 257})).status_code == 400
    assert sim.state()["azure"]["badMetadataNames"] == "drop"
