"""Paging of lists."""

from collections.abc import Callable, Iterable
from itertools import islice
from operator import itemgetter
from typing import Any
from urllib.parse import quote, urlencode

from simulator.azure.errors import bad_request
from simulator.wire import Json, Reply, Request


def page[T](request: Request, size: int, rows: Iterable[tuple[str, T]], render: Callable[[T], Json]) -> Reply:
    """Return one page of a list, ordered by key.

    The token is the last key of the page, so writes between two pages do not hide or repeat other rows.
    """
    top, after = _top(request), request.param("$skiptoken") or ""
    limit = min(size, top) if top else size
    selected = list(islice(sorted((row for row in rows if row[0] > after), key=itemgetter(0)), limit + 1))
    body: dict[str, Any] = {"value": [render(item) for _, item in selected[:limit]]}
    if len(selected) > limit:
        body["nextLink"] = _next(request, selected[limit - 1][0])
    return Reply(200, body)


def _top(request: Request) -> int | None:
    text = request.param("$top")
    if text is None:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise bad_request(f"The value '{text}' of the query parameter '$top' is invalid.", "InvalidQueryParameter")
    return int(text)


def _next(request: Request, token: str) -> str:
    kept = [(name, value) for name, value in request.query if name.lower() != "$skiptoken"]
    return f"{request.origin}{quote(request.path)}?{urlencode([*kept, ('$skiptoken', token)])}"
