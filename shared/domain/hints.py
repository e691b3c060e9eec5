"""Where to look first: what earlier passes have seen. Hints decide which reads are made, never what is true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.domain.ids import ResourceId
from shared.domain.world import Read


@dataclass(frozen=True, slots=True)
class Hints:
    """`links`: the zones that each virtual network was seen linked to. `listed`: all zones in DNS_ZONE_SCOPES when
    they were last listed. `refused`: the configs that were refused for good, and when: the later, the larger the
    number.
    """

    links: Mapping[ResourceId, frozenset[ResourceId]] = field(default_factory=lambda: MappingProxyType({}))
    listed: frozenset[ResourceId] = frozenset()
    refused: Mapping[Read[Any], float] = field(default_factory=lambda: MappingProxyType({}))
