"""The Terraform module, read by a parser of HCL."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

from tests.support.snapshots import INFRA, cases, snapshot

TERRAFORM = INFRA / "terraform"


def files() -> list[Path]:
    return sorted(TERRAFORM.rglob("*.tf"))


def blocks(kind: str, folder: Path = TERRAFORM) -> Iterator[dict[str, Any]]:
    """Every `resource`, `variable`, … block of a folder's files."""
    for path in sorted(folder.glob("*.tf")):
        yield from (plain(one) for one in hcl2.loads(path.read_text()).get(kind, []))


def plain(value: Any) -> Any:
    """The parser's form without the quotes of literals; expressions keep their `${…}`."""
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value


def resources() -> dict[str, dict[str, Any]]:
    """Every azapi resource of the module by its name, with its arguments."""
    found: dict[str, dict[str, Any]] = {}
    for block in blocks("resource"):
        for kind, named in block.items():
            assert kind.startswith("azapi_")
            found |= named
    return found


def paths(value: Any, at: str = "") -> Iterator[str]:
    """The paths of every property in a body; the elements of a list share one path."""
    if isinstance(value, dict):
        for key, one in value.items():
            # Names that are data, such as those of settings, are no properties.
            yield f"{at}.{key}"
            yield from paths(one, f"{at}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from paths(one, at)


def known_paths() -> dict[str, set[str]]:
    """For each type of resource, with its API version, the properties that it has in any snapshot."""
    found: dict[str, set[str]] = {}
    for case in cases():
        for resource in snapshot(case.stem).resources:
            kind = f"{resource['type']}@{resource['apiVersion']}"
            found.setdefault(kind, set()).update(paths(resource))
    return found


def references(text: str) -> set[str]:
    """The variables that an expression uses."""
    return set(re.findall(r"\bvar\.(\w+)", text))
