"""What a pass costs the systems that it asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls the audit made, by system."""

    clickhouse: int = 0
    azure_network: int = 0
    azure_dns: int = 0


NO_CALLS = Calls()
