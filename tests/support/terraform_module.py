"""The Terraform module, parsed; and its resource bodies held against the types that Azure published."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

from tests.support.bicep import CHECKER, INFRA

TERRAFORM = INFRA / "terraform"
READ_ONLY, REQUIRED = 2, 1
SIMPLE = {"StringType": str, "IntegerType": int, "BooleanType": bool}


def files() -> list[Path]:
    return sorted(TERRAFORM.rglob("*.tf"))


def blocks(kind: str, folder: Path = TERRAFORM) -> Iterator[dict[str, Any]]:
    """Every `resource`, `variable`, … block of a folder's files."""
    for path in sorted(folder.glob("*.tf")):
        yield from (plain(one) for one in hcl2.loads(path.read_text()).get(kind, []))


def plain(value: Any) -> Any:
    """The parser's form without the quotes round literals; expressions keep their `${…}`."""
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


def is_expression(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


class AzureTypes:
    """The types that Azure published, to hold bodies against."""

    def __init__(self) -> None:
        sys.path.insert(0, str(CHECKER.parent))
        try:
            typedata = importlib.import_module("bicepcheck.typedata")
        finally:
            sys.path.remove(str(CHECKER.parent))
        self._index = typedata.TypeIndex(CHECKER.parent.parent / "bicep-types")

    def faults(self, resource: dict[str, Any]) -> list[str]:
        """What is wrong with the body of an azapi resource; expressions are taken for right."""
        type_ = self._index.find(resource["type"])
        if type_ is None:
            return [f"{resource['type']} is unknown"]
        given = {"name", "location", "tags", "identity"} & set(resource)
        body = type_.follow(type_["body"])
        if body["$type"] == "DiscriminatedObjectType":
            body = self._chosen(body, {"name": resource["name"]})
        return list(self._object(body, resource.get("body", {}), "body", given)) if body else []

    def _chosen(self, type_: Any, value: dict[str, Any]) -> Any:
        chosen = value.get(type_["discriminator"])
        return type_.follow(type_["elements"][chosen]) if chosen in type_["elements"] else None

    def _check(self, type_: Any, value: Any, at: str) -> Iterator[str]:
        if is_expression(value):
            return
        match type_["$type"]:
            case "UnionType":
                members = [type_.follow(one) for one in type_["elements"]]
                if all(list(self._check(one, value, at)) for one in members):
                    yield f"{at}: {value!r} fits none"
            case "ArrayType":
                for index, one in enumerate(value):
                    yield from self._check(type_.follow(type_["itemType"]), one, f"{at}[{index}]")
            case "DiscriminatedObjectType":
                yield from self._discriminated(type_, value, at)
            case "ObjectType":
                yield from self._object(type_, value, at, set())
            case kind:
                yield from _simple(kind, type_.get("value"), value, at)

    def _discriminated(self, type_: Any, value: Any, at: str) -> Iterator[str]:
        chosen = self._chosen(type_, value)
        if chosen is None:
            yield f"{at}: {type_['discriminator']} is missing or unknown"
            return
        rest = {key: one for key, one in value.items() if key not in type_["baseProperties"]}
        yield from self._object(chosen, rest, at, set(type_["baseProperties"]))

    def _object(self, type_: Any, value: dict[str, Any], at: str, given: set[str]) -> Iterator[str]:
        properties, more = type_["properties"], type_.get("additionalProperties")
        for key, one in value.items():
            if key in properties and not properties[key]["flags"] & READ_ONLY:
                yield from self._check(type_.follow(properties[key]["type"]), one, f"{at}.{key}")
            elif not more:
                yield f"{at}: no property {key}, or none to be set"
        needed = {key for key, one in properties.items() if one["flags"] & 3 == REQUIRED}
        yield from (f"{at}: {key} is missing" for key in sorted(needed - set(value) - given))


def _simple(kind: str, literal: str | None, value: Any, at: str) -> Iterator[str]:
    if kind == "StringLiteralType" and value != literal:
        yield f"{at}: {value!r} is not {literal!r}"
    elif type(value) is not SIMPLE.get(kind, type(value)):
        yield f"{at}: {value!r} is no {kind}"


def references(text: str) -> set[str]:
    """The variables that an expression uses."""
    return set(re.findall(r"\bvar\.(\w+)", text))
