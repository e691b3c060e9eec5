"""Look names up and open TLS to them, as a client in this place of the network would."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from shared.domain.explain.probe_results import Dialled, Lookup, Opening, of_lookups, of_ports, reached
from shared.domain.preflight.steps import Steps

PORTS = (8443, 9440)
SECONDS = 10.0


@dataclass(frozen=True)
class Prober:
    """`ports` are tried on each host, each for at most `seconds`. `tls` says whom to trust."""

    ports: tuple[int, ...] = PORTS
    seconds: float = SECONDS
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def probe(self, hosts: Iterable[str], expected: frozenset[str]) -> Steps:
        """What an endpoint with these addresses looks like from here. Only hosts that lead to it are dialled."""
        lookups = await asyncio.gather(*(self.look_up(host) for host in hosts))
        there = [one for one in lookups if reached(one, expected)]
        tries = [self.dial(one.host, one.addresses[0], port) for one in there for port in self.ports]
        return (of_lookups(lookups, expected), *of_ports(self.ports, await asyncio.gather(*tries)))

    async def look_up(self, host: str) -> Lookup:
        """What the resolver of this machine says of a name; private endpoints have IPv4 addresses."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.seconds):
                found = await loop.getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            return Lookup(host)
        return Lookup(host, tuple(sorted({str(address[0]) for *_, address in found})))

    async def dial(self, host: str, address: str, port: int) -> Dialled:
        """Open TLS to a port as a client does that means `host`, and close it again."""
        try:
            async with asyncio.timeout(self.seconds):
                _, writer = await asyncio.open_connection(address, port)
        except ConnectionRefusedError:
            return Dialled(host, port, Opening.REFUSED)
        except OSError as error:  # a timeout is one
            return Dialled(host, port, Opening.TIMED_OUT, error.strerror or "")
        try:
            opening, told = await self._open(writer, host)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()
        return Dialled(host, port, opening, told)

    async def _open(self, writer: asyncio.StreamWriter, host: str) -> tuple[Opening, str]:
        try:
            async with asyncio.timeout(self.seconds):
                await writer.start_tls(self.tls, server_hostname=host)
        except TimeoutError:
            return Opening.SILENT, ""
        except ssl.SSLCertVerificationError as error:
            return Opening.UNTRUSTED, error.verify_message
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return Opening.RESET, ""
        except ssl.SSLError as error:
            return Opening.UNTRUSTED, error.reason or ""
        return Opening.OPENED, ""
