"""Deletes what belongs to a deployment, and keeps the list of it between two hooks."""

import json
from dataclasses import asdict
from pathlib import Path

from common import AzureError, rest, say
from inventory import RESOURCES, Item, event_subscriptions

LIST = "azd-down.json"
"""The file in the azd environment with what predown found and postdown deletes."""


def delete(found: list[Item]) -> list[Item]:
    """Deletes items one after the other and returns those that could not be deleted."""
    left = []
    for item in found:
        try:
            if item.kind == "system topic" and (others := event_subscriptions(item.id)):
                say(f"Kept, because of event subscriptions of others ({', '.join(others)}): {item.id}")
                continue
            if item.kind.startswith("resource group") and (inside := _inside(item.id)):
                say(f"Kept, because it is not empty ({', '.join(inside)}): {item.id}")
                continue
            rest("delete", item.id, item.version)
            say(f"Deleted {item}")
        except AzureError as error:
            if "NotFound" in str(error) or "could not be found" in str(error):
                continue
            say(f"Could not delete {item}\n{error}")
            left.append(item)
    return left


def _inside(group: str) -> list[str]:
    return [one["name"] for one in rest("get", f"{group}/resources", RESOURCES)["value"]]


def save(file: Path, found: list[Item]) -> None:
    file.write_text(json.dumps([asdict(item) for item in found], indent=2) + "\n")


def load(file: Path) -> list[Item]:
    return [Item(**item) for item in json.loads(file.read_text())]
