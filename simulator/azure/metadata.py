"""Cloud endpoints and managed identity tokens, which Azure clients request first.

Tokens are not signed or checked: ARM accepts any `Authorization`.
"""

import base64
import json
import time

from simulator.azure.errors import ArmError
from simulator.azure.events import TENANT
from simulator.wire import Json, Reply, Request

PREFIX = "/metadata/"
ENDPOINTS, TOKEN = "/metadata/endpoints", "/metadata/identity/oauth2/token"
IDENTITY = "00000000-0000-0000-0000-0000000000cc"
_LIFETIME = 24 * 3600


def answer(request: Request) -> Reply:
    """Answer a request below `/metadata/`."""
    match request.method, request.path.lower().rstrip("/"):
        case "GET", path if path == ENDPOINTS:
            return Reply(200, _endpoints(request.origin))
        case "GET", path if path == TOKEN:
            return _token(request)
    return ArmError(404, "NotFound", f"The simulator serves nothing at '{request.path}'.").reply()


def _endpoints(origin: str) -> Json:
    """Return the cloud's endpoints as ARM does, without those that the simulator does not serve."""
    return {
        "name": "simulator",
        "portal": origin,
        "resourceManager": origin,
        "authentication": {
            "loginEndpoint": origin,
            "audiences": [origin],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {},
    }


def _token(request: Request) -> Reply:
    """Return a token as App Service does for a managed identity."""
    resource = request.param("resource")
    if not request.headers.get("x-identity-header") or not resource:
        return Reply(400, {"statusCode": 400, "message": "X-IDENTITY-HEADER and resource are required."})
    expires = int(time.time()) + _LIFETIME
    claims = {"aud": resource, "exp": expires, "oid": IDENTITY, "appid": IDENTITY, "tid": TENANT}
    token = ".".join([_part({"alg": "RS256", "typ": "JWT"}), _part(claims), _part({})])
    body = {
        "access_token": token,
        "client_id": IDENTITY,
        "expires_on": str(expires),
        "resource": resource,
        "token_type": "Bearer",
    }
    return Reply(200, body)


def _part(document: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
