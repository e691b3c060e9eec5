"""Resolves host names and opens TLS connections, as a client at this place in the network does."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.explain.probe_results import Lookup, TlsAttempt, TlsResult, lookup_step, port_steps, resolves
from shared.domain.preflight.check_result import Steps

PORTS = (8443, 9440)
SECONDS = 10.0


@dataclass(frozen=True)
class Prober:
    """Tries `ports` on each host, each for at most `seconds`. `tls` has the trusted certificates."""

    ports: tuple[int, ...] = PORTS
    seconds: float = SECONDS
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def probe(self, hosts: Iterable[str], expected: frozenset[str]) -> Steps:
        """The steps for an endpoint with these addresses. Connects only to hosts that resolve to them."""
        lookups = await asyncio.gather(*(self.look_up(host) for host in hosts))
        reached = [one for one in lookups if resolves(one, expected)]
        attempts = [self.connect(one.host, one.addresses[0], port) for one in reached for port in self.ports]
        return (lookup_step(lookups, expected), *port_steps(self.ports, await asyncio.gather(*attempts)))

    async def look_up(self, host: str) -> Lookup:
        """The addresses by this machine's resolver; private endpoints have IPv4 addresses."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.seconds):
                found = await loop.getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            return Lookup(host)
        return Lookup(host, tuple(sorted({str(address[0]) for *_, address in found})))

    async def connect(self, host: str, address: str, port: int) -> TlsAttempt:
        """Open TLS to the address as a client of `host` does, and close the connection."""
        try:
            async with asyncio.timeout(self.seconds):
                _, writer = await asyncio.open_connection(address, port)
        except ConnectionRefusedError:
            return TlsAttempt(host, port, TlsResult.REFUSED)
        except OSError as error:  # TimeoutError is one
            return TlsAttempt(host, port, TlsResult.TIMED_OUT, error.strerror or "")
        try:
            async with asyncio.timeout(self.seconds):
                await writer.start_tls(self.tls, server_hostname=host)
        except TimeoutError:
            return TlsAttempt(host, port, TlsResult.SILENT)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return TlsAttempt(host, port, TlsResult.RESET)
        except ssl.SSLError as error:
            return TlsAttempt(host, port, TlsResult.UNTRUSTED, getattr(error, "verify_message", error.reason or ""))
        finally:
            writer.transport.abort()
        return TlsAttempt(host, port, TlsResult.OPENED)
