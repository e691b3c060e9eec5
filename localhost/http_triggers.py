"""HTTP functions: converts requests to worker messages, and worker messages to responses."""

from http.cookies import Morsel, SimpleCookie
from typing import Any
from wsgiref.handlers import format_date_time

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localhost.errors import InvocationFailedError
from localhost.functions import HTTP
from localhost.messages import Nullable, RpcHttp, RpcHttpCookie, SameSite, TypedData
from localhost.routes import decoded
from localhost.worker import Worker

_SAME_SITE = {SameSite.Lax: "Lax", SameSite.Strict: "Strict", SameSite.ExplicitNone: "None"}
_BODILESS = {204, 304}


class HttpTriggers:
    """Responds to the routes of HTTP functions. As in Azure, other paths and other methods return 404."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        functions = [function for function in worker.functions.values() if function.kind == HTTP]
        self._functions = sorted(functions, key=lambda function: function.route.precedence)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if (path := self._path(request)) is not None:
            for function in self._functions:
                if (params := function.route.match(request.method, path)) is not None:
                    return await self._invoke(function.name, request, params)
        return Response(status_code=404)

    async def _invoke(self, name: str, request: Request, params: dict[str, str]) -> Response:
        try:
            return _response(await self._worker.http(name, await _message(request, params)))
        except InvocationFailedError:
            return Response(status_code=500)

    def _path(self, request: Request) -> str | None:
        """Return the path after the route prefix, or None if the path does not start with the prefix."""
        path = decoded(request.scope["raw_path"]).strip("/")
        prefix = self._worker.route_prefix
        if not prefix:
            return path
        head, rest = path[: len(prefix)], path[len(prefix) :]
        return rest if head.lower() == prefix.lower() and rest[:1] in ("", "/") else None


async def _message(request: Request, params: dict[str, str]) -> RpcHttp:
    body = await request.body()
    return RpcHttp(
        method=request.method,
        url=str(request.url.replace(path=request.scope["raw_path"].decode("latin-1"))),
        headers=_joined(request.headers.items()),
        params=params,
        query=_joined(request.query_params.multi_items()),
        body=TypedData(bytes=body) if body else TypedData(),
    )


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Join repeated names with commas and omit empty values, as the Functions host does for Python."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: joined for name, repeated in values.items() if (joined := ",".join(repeated))}


def _response(returned: TypedData | None) -> Response:
    if returned is None:
        return Response()
    if not isinstance(returned.value, RpcHttp):
        return Response(returned.value, media_type="text/plain")
    http = returned.value
    status = int(http.status_code)
    response = Response(None if status in _BODILESS else http.body.value, status, http.headers)
    for cookie in http.cookies or ():
        response.headers.append("set-cookie", _set_cookie(cookie))
    return response


def _set_cookie(cookie: RpcHttpCookie) -> str:
    morsel: Morsel[str] = SimpleCookie({cookie.name: cookie.value})[cookie.name]
    expires = _value(cookie.expires)
    attributes: dict[str, Any] = {
        "domain": _value(cookie.domain),
        "path": _value(cookie.path),
        "expires": format_date_time(expires.seconds) if expires else None,
        "max-age": None if (age := _value(cookie.max_age)) is None else str(int(age)),
        "secure": _value(cookie.secure),
        "httponly": _value(cookie.http_only),
        "samesite": _SAME_SITE.get(cookie.same_site),
    }
    morsel.update({name: value for name, value in attributes.items() if value})
    return morsel.OutputString()


def _value[T](nullable: Nullable[T] | None) -> T | None:
    return nullable.value if nullable else None
