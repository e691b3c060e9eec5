"""The committed snapshots of infra/: what Microsoft's Bicep compiler says that each set of parameters deploys."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

INFRA = ROOT / "infra"
SNAPSHOTS = INFRA / "snapshots"

type Resource = dict[str, Any]


def cases() -> list[Path]:
    """The files of parameters, each with a snapshot beside it."""
    return sorted(SNAPSHOTS.glob("*.bicepparam"))


def parameters(template: str) -> dict[str, str | None]:
    """The parameters of a template by name, each with the text of its default; None if it has none."""
    text = (INFRA / template).read_text()
    declared = re.findall(r"^param (\w+) [^=\n]+?(?: = (.+))?$", text, re.MULTILINE)
    return {name: default or None for name, default in declared}


class Snapshot:
    """The resources and outputs of one set of parameters."""

    def __init__(self, name: str) -> None:
        document = json.loads((SNAPSHOTS / f"{name}.snapshot.json").read_text())
        self.resources: list[Resource] = document["predictedResources"]
        self.outputs: dict[str, Any] = document["outputs"]
        self.diagnostics: list[str] = document["diagnostics"]

    def of(self, kind: str) -> list[Resource]:
        """The resources of a type, such as `Microsoft.Web/sites`."""
        return [resource for resource in self.resources if resource["type"] == kind]

    def one(self, kind: str, name: str = "") -> Resource:
        """The only resource of a type, whose name contains `name`."""
        (found,) = [resource for resource in self.of(kind) if name in resource["name"]]
        return found

    def app_settings(self) -> dict[str, str]:
        return dict(self.one("Microsoft.Web/sites/config", "/appsettings")["properties"])

    def assignments(self) -> set[tuple[str, str]]:
        """The role definition and the scope of each role assignment."""
        return {
            (assignment["properties"]["roleDefinitionId"], scope_of(assignment["id"]))
            for assignment in self.of("Microsoft.Authorization/roleAssignments")
        }


@cache
def snapshot(name: str) -> Snapshot:
    return Snapshot(name)


def scope_of(assignment_id: str) -> str:
    """The scope in the id of a role assignment, which is an expression because only Azure knows the principal."""
    call = re.match(r"\[(\w+)\('([^']+)', '([^']+)'", assignment_id)
    assert call, assignment_id
    match call[1]:
        case "extensionResourceId":
            return call[2]
        case "subscriptionResourceId":
            return f"/subscriptions/{call[2]}"
    return f"/subscriptions/{call[2]}/resourcegroups/{call[3]}"
