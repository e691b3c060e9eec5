"""Reading what a caller sent, and refusing what Azure would refuse."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from simulator.azure.errors import bad_request
from simulator.wire import BadJsonError, Json, Request

MOST_PAIRS, LONGEST_VALUE = 15, 256
_BAD_NAME = re.compile(r"\d|$")
_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f]")


def body_of(request: Request) -> Json:
    try:
        return request.json
    except BadJsonError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error


def section(body: Mapping[str, Any], name: str) -> Json:
    """An object inside a body; absent and null are an empty object."""
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise bad_request(f"'{name}' must be an object.")
    return value


def items(body: Mapping[str, Any], name: str) -> list[Json]:
    """A list of objects inside a body; absent and null are an empty list."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise bad_request(f"'{name}' must be a list of objects.")
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"Required property '{name}' is missing or no string.")
    return value


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings inside a body; absent and null are an empty list."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_request(f"'{name}' must be a list of strings.")
    return value


def strings(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """An object of strings inside a body."""
    value = section(body, name)
    if not all(isinstance(entry, str) for entry in value.values()):
        raise bad_request(f"The values of '{name}' must be strings.")
    return value


def metadata_of(body: Mapping[str, Any], bad_names: Literal["refuse", "drop"]) -> dict[str, str]:
    """The metadata of a record set, within Azure's limits; names that it does not take are refused or dropped."""
    given = strings(body, "metadata")
    pairs = {name: value for name, value in given.items() if not _BAD_NAME.match(name)}
    if bad_names == "refuse" and len(pairs) < len(given):
        bad = ", ".join(f"'{name}'" for name in given if name not in pairs)
        raise bad_request(f"Metadata names must not begin with a digit: {bad}.", "BadRequest")
    if len(pairs) > MOST_PAIRS:
        raise bad_request(f"A record set has at most {MOST_PAIRS} pairs of metadata.", "BadRequest")
    for name, value in pairs.items():
        if len(value) > LONGEST_VALUE:
            raise bad_request(
                f"The metadata value of '{name}' exceeds {LONGEST_VALUE} characters.", "BadRequest"
            )
    return pairs


def tags_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a body, within Azure's limits."""
    tags = strings(body, "tags")
    check_tags(tags)
    return tags


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ArmError unless these tags could stand on one resource."""
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
        raise bad_request(
            f"The tag name '{name}' has reserved characters {reserved}.", "InvalidTagNameCharacters"
        )
    if len(value) > 256:
        raise bad_request(f"The value of tag '{name}' exceeds 256 characters.", "InvalidTagValueLength")
