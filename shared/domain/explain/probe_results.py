"""What a probe from inside the virtual network found, read as ClickHouse's own guide reads it.

| a name leads to          | means                                                                     |
|--------------------------|---------------------------------------------------------------------------|
| the endpoint's address   | all is well                                                               |
| another private address  | the record stands for another endpoint, or is a former one                |
| a public address         | whoever was asked does not see the zone: its link or a forwarder is missing|
| nothing                  | record or link is missing, or whoever was asked does not see the zone     |

| a port                   | means                                                                     |
|--------------------------|---------------------------------------------------------------------------|
| opens TLS                | all is well                                                               |
| resets after connecting  | the endpoint's id is not on the service's allow list                      |
| is silent or times out   | a network security group, route or firewall, or the connection is pending |
| refuses                  | something else has that address                                           |
| has a wrong certificate  | something in between opens TLS itself, or the address is another's        |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from shared.domain.preflight.steps import Answer, Step, Steps

LOOKUP = "lookup"
_WAY = (
    "Let clients ask a DNS server that sees the zone: Azure's own in a linked network, or a resolver of yours that"
    " forwards to 168.63.129.16 from one. And run this inside the virtual network."
)


class Opening(StrEnum):
    """What became of opening TLS to a port."""

    OPENED = "opens TLS"
    RESET = "connects, and is then reset"
    REFUSED = "refuses to connect"
    TIMED_OUT = "does not answer"
    SILENT = "connects, and then says nothing"
    UNTRUSTED = "answers with a certificate that is not the service's"


_MEANINGS = {
    Opening.RESET: "Its id is not on the allow list of that service: see allow list above, run sync, wait a minute.",
    Opening.REFUSED: "Something else has that address: see what record says, and whether the service has that port.",
    Opening.TIMED_OUT: (
        "See network security groups, routes and firewalls between here and the endpoint, peerings, and what"
        " connection says."
    ),
    Opening.SILENT: "See firewalls that inspect traffic, and connection above; an idle service wakes up first.",
    Opening.UNTRUSTED: "Exempt these names from TLS inspection, and see that the address is the endpoint's.",
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The IPv4 addresses that a name leads to from here; none if it is not found."""

    host: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of opening TLS to a host's port. `told`: the system's own words, where it has any."""

    host: str
    port: int
    opening: Opening
    told: str = ""


def reached(lookup: Lookup, expected: frozenset[str]) -> bool:
    """Whether a name leads to the endpoint, and nowhere else."""
    return bool(lookup.addresses) and frozenset(lookup.addresses) <= expected


def of_lookups(lookups: Iterable[Lookup], expected: frozenset[str]) -> Step:
    """What the names of an endpoint with these addresses lead to."""
    question = "Do the names lead to its address from here?"
    known = tuple(lookups)
    told = "; ".join(f"{one.host} leads to {', '.join(one.addresses) or 'nothing'}" for one in known)
    if all(reached(one, expected) for one in known):
        return Step(LOOKUP, question, Answer.OK, told)
    return Step(LOOKUP, question, Answer.NOT_OK, told, _misled(known, expected))


def _misled(lookups: tuple[Lookup, ...], expected: frozenset[str]) -> str:
    astray = [one for one in lookups if not reached(one, expected)]
    elsewhere = [address for one in astray for address in one.addresses if address not in expected]
    if any(not ip_address(address).is_private for address in elsewhere) or not elsewhere:
        return _WAY
    return "See what record says: the name stands for another endpoint. A cached answer lasts as long as its TTL."


def of_ports(ports: Iterable[int], dialled: Iterable[Dialled]) -> Steps:
    """What became of the ports, a step for each; those that were not dialled wait for the lookup."""
    known = tuple(dialled)
    return tuple(_of_port(port, [one for one in known if one.port == port]) for port in ports)


def _of_port(port: int, dialled: list[Dialled]) -> Step:
    name, question = f"port {port}", f"Does TLS open on port {port}?"
    if not dialled:
        return Step(name, question, Answer.NOT_CHECKED, f"because of {LOOKUP}")
    told = "; ".join(f"{one.host} {one.opening}{f' ({one.told})' if one.told else ''}" for one in dialled)
    shut = [one for one in dialled if one.opening is not Opening.OPENED]
    if not shut:
        return Step(name, question, Answer.OK, told)
    return Step(name, question, Answer.NOT_OK, told, _MEANINGS[shut[0].opening])
