"""What an HTTP client asks for: a page or JSON, complete or only if it changed. Pure."""

from typing import Literal

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags, unquote_etag

type Form = Literal["html", "json"]

_TYPES: dict[str, Form] = {"text/html": "html", "application/json": "json"}
_FORMS: dict[str, Form] = {"html": "html", "json": "json"}


def form_wanted(accept: str | None, form: str | None) -> Form | None:
    """The form to answer in, from `?format=` or else the Accept header; None if neither form is acceptable.

    The most specific matching range decides the quality of a form (RFC 9110, 12.5.1). Parameters of a range,
    such as charset, are ignored; with equal qualities the answer is a page.

    | format | Accept                                     | answer |
    |--------|--------------------------------------------|--------|
    | json   | any                                        | json   |
    | other  | any                                        | None   |
    | none   | none, or */*                               | html   |
    | none   | application/json                           | json   |
    | none   | text/html;q=0.5, application/json;q=0.4    | html   |
    | none   | text/html;q=0, */*                         | json   |
    | none   | image/png                                  | None   |
    """
    if form is not None:
        return _FORMS.get(form.strip().lower())
    if not (accept or "").strip():
        return "html"
    parsed = parse_accept_header(accept, MIMEAccept)
    ranges = MIMEAccept([(range_.partition(";")[0].strip(), quality) for range_, quality in parsed])
    best = max(_TYPES, key=ranges.quality)
    return _TYPES[best] if ranges.quality(best) > 0 else None


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Whether the client already has the answer with that (quoted) entity tag."""
    tag, _ = unquote_etag(etag)
    return bool(if_none_match) and parse_etags(if_none_match).contains_weak(tag)
