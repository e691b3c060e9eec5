"""Where to look first: what earlier passes have seen. Hints decide which reads are made, never what is true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.domain.model.ids import ResourceId


@dataclass(frozen=True, slots=True)
class Hints:
    """`links`: the zones that each virtual network was seen linked to. `listed`: all zones in DNS_ZONE_SCOPES when
    they were last listed.
    """

    links: Mapping[ResourceId, frozenset[ResourceId]] = field(default_factory=lambda: MappingProxyType({}))
    listed: frozenset[ResourceId] = frozenset()
