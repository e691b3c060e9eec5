"""Which services a tag or a setting selects: `*`, a service id, a service name, `tag:Key`, `tag:Key=Value`.

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
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.domain.model.ids import quoted
from shared.domain.model.resources import Service

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# ClickHouse Cloud's own rules for tag keys and values, and for service names ("alphanumerical
# string with whitespaces up to 50 characters"; existing ones also have - _ .).
_TAG = re.compile(r"tag:([a-zA-Z0-9._-]+)(?:=([a-zA-Z0-9._-]+))?")
_NAME = re.compile(r"[^,:]{1,50}")


class Form(StrEnum):
    ALL = "all"
    ID = "id"
    NAME = "name"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector; `value` is the id, the name or the tag key, `tag_value` what the tag must equal."""

    form: Form
    text: str
    value: str = ""
    tag_value: str | None = None

    def among(self, services: Iterable[Service]) -> list[Service]:
        """The services that match; of names the exact ones or, without any, those in another letter case."""
        known = tuple(services)
        exact = [one for one in known if self._matches(one)]
        if exact or self.form is not Form.NAME:
            return exact
        return [one for one in known if one.name.casefold() == self.value.casefold()]

    def _matches(self, service: Service) -> bool:
        match self.form:
            case Form.ALL:
                return True
            case Form.ID:
                return service.id.lower() == self.value.lower()
            case Form.NAME:
                return service.name == self.value
            case Form.TAG:
                has = service.tags is not None and self.value in service.tags
                return has and self.tag_value in (None, (service.tags or {})[self.value])

    def may_match(self, service: Service) -> bool:
        """Whether it cannot be told, because the service's name or its tags are not known."""
        if self.form is Form.NAME:
            return not service.readable and not service.name
        return self.form is Form.TAG and service.tags is None


@dataclass(frozen=True, slots=True)
class Selectors:
    """What a text asks for, and the parts of it that are no selectors (each told with its reason)."""

    selectors: tuple[Selector, ...] = ()
    faults: tuple[str, ...] = ()

    def select(self, services: Iterable[Service]) -> frozenset[str]:
        """The ids of the services that any selector matches, also by an ambiguous name."""
        known = tuple(services)
        return frozenset(s.id for one in self.selectors for s in one.among(known))

    def permitted(self, services: Iterable[Service]) -> frozenset[str]:
        """The ids of the services that these selectors permit, as a filter; see the table above."""
        known = tuple(services)
        inexact = (one for one in self.ambiguous(known) if all(s.name != one for s in known))
        return self.without(inexact).select(known)

    def untold(self, services: Iterable[Service]) -> frozenset[str]:
        """The ids of the services of which it cannot be told whether a selector matches."""
        known = tuple(services)
        may = (s.id for s in known if any(one.may_match(s) for one in self.selectors))
        return frozenset(may) - self.select(known)

    def explicit(self) -> "Selectors":
        """These selectors without `*`: what was asked for by some description of its own."""
        return Selectors(tuple(one for one in self.selectors if one.form is not Form.ALL))

    def without(self, texts: Iterable[str]) -> "Selectors":
        gone = frozenset(texts)
        return Selectors(tuple(one for one in self.selectors if one.text not in gone))

    def unmatched(self, services: Iterable[Service]) -> tuple[str, ...]:
        """The selectors, `*` apart, that no service matches."""
        known = tuple(services)
        return tuple(
            one.text
            for one in self.explicit().selectors
            if not one.among(known) and not any(map(one.may_match, known))
        )

    def ambiguous(self, services: Iterable[Service]) -> tuple[str, ...]:
        """The names that match several services: names are not unique."""
        known = tuple(services)
        return tuple(
            one.text for one in self.selectors if one.form is Form.NAME and len(one.among(known)) > 1
        )


@lru_cache(maxsize=1024)  # many endpoints carry the same tag, and each pass looks at all of them
def parse_selectors(text: str) -> Selectors:
    """The selectors in a comma-separated text; blanks around them and empty parts do not matter."""
    parsed = [_parse(part.strip()) for part in text.split(",") if part.strip()]
    unique = dict.fromkeys(one for one in parsed if isinstance(one, Selector))
    return Selectors(tuple(unique), tuple(one for one in parsed if isinstance(one, str)))


def _parse(text: str) -> Selector | str:
    if ";" in text:
        return f"{quoted(text, 60)} contains a semicolon; separate selectors with commas"
    if text == "*":
        return Selector(Form.ALL, text)
    if _ID.fullmatch(text):
        return Selector(Form.ID, text, text.lower())
    if found := _TAG.fullmatch(text):
        return Selector(Form.TAG, text, found[1], found[2])
    if _NAME.fullmatch(text) and text.isprintable():
        return Selector(Form.NAME, text, text)
    return f"{quoted(text, 60)} is neither *, a service id, a service name, tag:Key nor tag:Key=Value"
