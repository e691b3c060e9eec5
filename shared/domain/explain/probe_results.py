"""Results of a probe from inside the virtual network, interpreted as in ClickHouse's guide."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from shared.domain.preflight.check_result import CheckResult, Step, Steps, failed, passed, skipped

LOOKUP = "lookup"
_RESOLVER = (
    "Use a DNS server that sees the zone: Azure's own in a linked network, or a resolver that forwards to"
    " 168.63.129.16 from one. Run the probe inside the virtual network."
)


class TlsResult(StrEnum):
    """The result of opening TLS to a port."""

    OPENED = "opens TLS"
    RESET = "connection reset"
    REFUSED = "connection refused"
    TIMED_OUT = "no answer"
    SILENT = "TCP connects, no TLS handshake"
    UNTRUSTED = "certificate not valid for the service"


_REMEDIES = {
    TlsResult.RESET: "The id is not on the service's allow list: see allow list above, run sync, wait a minute.",
    TlsResult.REFUSED: "The address belongs to something else: see record above. Check that the service has this port.",
    TlsResult.TIMED_OUT: (
        "Check network security groups, routes, firewalls and peerings between here and the endpoint; see connection."
    ),
    TlsResult.SILENT: "Check firewalls that inspect traffic, and connection above. An idle service first wakes up.",
    TlsResult.UNTRUSTED: "Exempt these names from TLS inspection, and check that the address is the endpoint's.",
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The IPv4 addresses that a name resolves to from here; none if it does not resolve."""

    host: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsAttempt:
    """An attempt to open TLS. `detail`: the system's error text, if there is any."""

    host: str
    port: int
    result: TlsResult
    detail: str = ""


def resolves(lookup: Lookup, expected: frozenset[str]) -> bool:
    """Whether a name resolves to expected addresses only."""
    return bool(lookup.addresses) and frozenset(lookup.addresses) <= expected


def lookup_step(lookups: Iterable[Lookup], expected: frozenset[str]) -> Step:
    known = tuple(lookups)
    detail = "; ".join(f"{one.host} resolves to {', '.join(one.addresses) or 'nothing'}" for one in known)
    wrong = [one for one in known if not resolves(one, expected)]
    others = {address for one in wrong for address in one.addresses} - expected
    remedy = "See record above: the name is for another endpoint. A cached answer lasts as long as its TTL."
    if not others or any(not ip_address(address).is_private for address in others):
        remedy = _RESOLVER
    result = failed(detail, remedy) if wrong else passed(detail)
    return Step.of(LOOKUP, "Do the host names resolve to its address from here?", result)


def port_steps(ports: Iterable[int], attempts: Iterable[TlsAttempt]) -> Steps:
    """A step for each port; skipped without an attempt, because no name resolves."""
    made = tuple(attempts)
    results = {port: _port([one for one in made if one.port == port]) for port in ports}
    return tuple(Step.of(f"port {at}", f"Does TLS open on port {at}?", result) for at, result in results.items())


def _port(attempts: list[TlsAttempt]) -> CheckResult:
    if not attempts:
        return skipped(LOOKUP)
    texts = (f"{one.host}: {one.result}{f' ({one.detail})' if one.detail else ''}" for one in attempts)
    detail = "; ".join(texts)
    failures = [one.result for one in attempts if one.result is not TlsResult.OPENED]
    return failed(detail, _REMEDIES[failures[0]]) if failures else passed(detail)
