"""The certificate of the simulator, for clients that require https."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """The TLS context of the server. `authority` is the CA file that clients must trust."""

    authority: Path
    context: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Create a certificate for loopback and its certificate authority, and write the latter to `folder`."""
    import trustme  # noqa: PLC0415 -- slow to load, and only https needs it

    authority = trustme.CA(organization_name="simulator")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return Certificate(file, context)
