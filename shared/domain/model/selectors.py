"""Selectors choose ClickHouse services, in an endpoint's tag and in SERVICE_FILTER.

How a service name selects:

| services whose name is  | services whose name differs | the name selects                                     |
| exactly the selector's  | in letter case only         |                                                      |
|-------------------------|-----------------------------|------------------------------------------------------|
| one                     | any                         | that one                                             |
| several                 | any                         | none: ambiguous (SERVICE_FILTER permits all of them) |
| none                    | one                         | that one                                             |
| none                    | several                     | none: ambiguous                                      |
| none                    | none                        | none: not found                                      |
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.domain.model.ids import quoted
from shared.domain.model.resources import Service

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# ClickHouse Cloud's own rules for tag keys and values, and for service names ("alphanumerical
# string with whitespaces up to 50 characters"; existing ones also have - _ .).
_TAG = re.compile(r"tag:([a-zA-Z0-9._-]+)(?:=([a-zA-Z0-9._-]+))?")
_REGION = re.compile(r"region:([a-z0-9-]+)", re.IGNORECASE)
_NAME = re.compile(r"[^,:]{1,50}")


class Form(StrEnum):
    """The forms of a selector, as users read them."""

    ALL = "*"
    ID = "a service id"
    NAME = "a service name"
    TAG = "tag:Key, tag:Key=Value"
    REGION = "region:name"


SELECTOR_FORMS = ", ".join(Form)


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector. `value`: the id, name, tag key or region. `tag_value`: None selects any value of the tag."""

    form: Form
    text: str
    value: str = ""
    tag_value: str | None = None

    def among(self, services: Collection[Service]) -> list[Service]:
        """The services that match. A name matches exactly or, if none does, in any letter case."""
        exact = [service for service in services if self._matches(service)]
        if exact or self.form is not Form.NAME:
            return exact
        return [service for service in services if service.name.casefold() == self.value.casefold()]

    def _matches(self, service: Service) -> bool:
        match self.form:
            case Form.ALL:
                return True
            case Form.ID:
                return service.id.lower() == self.value.lower()
            case Form.NAME:
                return service.name == self.value
            case Form.TAG:
                tags = service.tags or {}
                return self.value in tags and self.tag_value in (None, tags[self.value])
            case Form.REGION:
                return service.region.lower() == self.value

    def may_match(self, service: Service) -> bool:
        """Whether the service may match, because its name, tags or region could not be read."""
        match self.form:
            case Form.NAME:
                return not service.readable and not service.name
            case Form.TAG:
                return service.tags is None
            case Form.REGION:
                return not service.readable and not service.region
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Selectors:
    """The selectors in a text. `faults`: an error message for each part that is not a selector."""

    selectors: tuple[Selector, ...] = ()
    faults: tuple[str, ...] = ()

    def select(self, services: Collection[Service]) -> frozenset[str]:
        """The ids of the services that any selector matches, an ambiguous name included."""
        return frozenset(one.id for selector in self.selectors for one in selector.among(services))

    def permitted(self, services: Collection[Service]) -> frozenset[str]:
        """The ids of the services that these selectors permit as SERVICE_FILTER; see the table above."""
        exact = {service.name for service in services}
        inexact = (name for name in self.ambiguous(services) if name not in exact)
        return self.without(inexact).select(services)

    def undecided(self, services: Collection[Service]) -> frozenset[str]:
        """The ids of the services for which it is unknown whether a selector matches."""
        may = (one.id for one in services if any(selector.may_match(one) for selector in self.selectors))
        return frozenset(may) - self.select(services)

    def without(self, texts: Iterable[str]) -> "Selectors":
        excluded = frozenset(texts)
        return Selectors(tuple(selector for selector in self.selectors if selector.text not in excluded))

    def unmatched(self, services: Collection[Service]) -> tuple[str, ...]:
        """The selectors, except `*`, that match no service."""
        specific = (selector for selector in self.selectors if selector.form is not Form.ALL)
        return tuple(one.text for one in specific if not one.among(services) and not any(map(one.may_match, services)))

    def ambiguous(self, services: Collection[Service]) -> tuple[str, ...]:
        """The names that match several services: names are not unique."""
        names = (selector for selector in self.selectors if selector.form is Form.NAME)
        return tuple(selector.text for selector in names if len(selector.among(services)) > 1)


@lru_cache(maxsize=1024)  # many endpoints carry the same tag, and each pass parses all of them
def parse_selectors(text: str) -> Selectors:
    """The selectors in a comma-separated text. Surrounding blanks, empty parts and repetitions are ignored."""
    parsed = [_parse(part.strip()) for part in text.split(",") if part.strip()]
    unique = dict.fromkeys(selector for selector in parsed if isinstance(selector, Selector))
    return Selectors(tuple(unique), tuple(fault for fault in parsed if isinstance(fault, str)))


def _parse(text: str) -> Selector | str:
    if ";" in text:
        return f"{quoted(text, 60)} contains a semicolon; separate selectors with commas"
    if selector := _selector(text):
        return selector
    near = re.sub(r"\s*([:=])\s*", r"\1", text)
    hint = f" (did you mean {near}?)" if near != text and _selector(near) else ""
    return f"{quoted(text, 60)} is not a selector{hint}; use one of: {SELECTOR_FORMS}"


def _selector(text: str) -> Selector | None:
    if text == "*":
        return Selector(Form.ALL, text)
    if _ID.fullmatch(text):
        return Selector(Form.ID, text, text.lower())
    if match := _TAG.fullmatch(text):
        return Selector(Form.TAG, text, match[1], match[2])
    if match := _REGION.fullmatch(text):
        return Selector(Form.REGION, text, match[1].lower())
    return Selector(Form.NAME, text, text) if _NAME.fullmatch(text) and text.isprintable() else None
