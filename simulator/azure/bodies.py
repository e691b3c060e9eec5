"""Parses request bodies with the validation of Azure."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from simulator.azure.errors import bad_request
from simulator.wire import BadJsonError, Json, Request

MAX_PAIRS, MAX_VALUE_LENGTH = 15, 256
_BAD_NAME = re.compile(r"\d|$")
_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f]")


def body_of(request: Request) -> Json:
    try:
        return request.json
    except BadJsonError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error


def section(body: Mapping[str, Any], name: str) -> Json:
    """Return an object of a body; absent and null are an empty object."""
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise bad_request(f"'{name}' must be an object.")
    return value


def items(body: Mapping[str, Any], name: str) -> list[Json]:
    """Return a list of objects of a body; absent and null are an empty list."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise bad_request(f"'{name}' must be a list of objects.")
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"Required property '{name}' is missing or not a string.")
    return value


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of strings of a body; absent and null are an empty list."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_request(f"'{name}' must be a list of strings.")
    return value


def strings(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return an object of strings of a body."""
    value = section(body, name)
    if not all(isinstance(entry, str) for entry in value.values()):
        raise bad_request(f"The values of '{name}' must be strings.")
    return value


def metadata_of(body: Mapping[str, Any], bad_names: Literal["refuse", "drop"]) -> dict[str, str]:
    """Return the metadata of a record set within Azure's limits. Invalid names are refused or dropped."""
    metadata = strings(body, "metadata")
    pairs = {name: value for name, value in metadata.items() if not _BAD_NAME.match(name)}
    if bad_names == "refuse" and len(pairs) < len(metadata):
        bad = ", ".join(f"'{name}'" for name in metadata if name not in pairs)
        raise bad_request(f"Metadata names must not begin with a digit: {bad}.", "BadRequest")
    if len(pairs) > MAX_PAIRS:
        raise bad_request(f"A record set has at most {MAX_PAIRS} pairs of metadata.", "BadRequest")
    for name, value in pairs.items():
        if len(value) > MAX_VALUE_LENGTH:
            raise bad_request(f"The metadata value of '{name}' exceeds {MAX_VALUE_LENGTH} characters.", "BadRequest")
    return pairs


def tags_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a body. Raises ArmError if they exceed Azure's limits."""
    tags = strings(body, "tags")
    check_tags(tags)
    return tags


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ArmError if the tags of one resource exceed Azure's limits."""
    if len(tags) > 50:
        raise bad_request(f"The number of tags {len(tags)} exceeds the maximum of 50.", "TooManyTags")
    if len({name.lower() for name in tags}) < len(tags):
        raise bad_request("Tag names must be unique regardless of case.", "DuplicateTagNames")
    for name, value in tags.items():
        _check_tag(name, value)


def _check_tag(name: str, value: str) -> None:
    if not name or len(name) > 512:
        raise bad_request(f"The tag name '{name}' must have 1 to 512 characters.", "InvalidTagNameLength")
    if _RESERVED.search(name):
        reserved = r"'<,>,%,&,\,?,/' or control characters"
        raise bad_request(f"The tag name '{name}' has reserved characters {reserved}.", "InvalidTagNameCharacters")
    if len(value) > 256:
        raise bad_request(f"The value of tag '{name}' exceeds 256 characters.", "InvalidTagValueLength")
