"""A certificate of the simulator's own, for clients that speak https only."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the simulator serves https with. `authority`: the file that a client has to trust."""

    authority: Path
    context: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """A certificate for loopback, of an authority that is made for it and written to `folder`."""
    import trustme  # noqa: PLC0415 -- slow to load, and only https needs it

    authority = trustme.CA(organization_name="simulator")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificate(file, context)
