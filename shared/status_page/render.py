"""Renders a report or a notice as one HTML document that loads nothing: styles and scripts are inline."""

import base64
import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.domain.audit.report_model import AuditReport, Health
from shared.domain.audit.summary import banner
from shared.domain.model.text import counted, visible
from shared.status_page import formatting, tables
from shared.status_page.index import Index
from shared.status_page.topology import Column, diagrams, layout
from shared.status_page.topology.layout import WIDTH

_TEMPLATES = Path(__file__).parent / "templates"
_RUN_AN_AUDIT = "The report store has no report yet. Wait for AUDIT_SCHEDULE, or run the function audit."
NO_AUDIT = ("No audit yet", _RUN_AN_AUDIT)
OPEN_REGIONS = 3
"""The regions that start open: the worst."""
MOST_BARS = 96
"""The audits in the history chart: a day of quarter hours."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "alias": formatting.short_alias,
        "allow_list_summary": tables.allow_list_summary,
        "brief": formatting.brief,
        "connection_state": tables.connection_state,
        "counted": counted,
        "duration": formatting.duration,
        "elapsed": formatting.elapsed,
        "name": formatting.resource_name,
        "short": formatting.short_id,
        "subscription": formatting.subscription_id,
        "tally": tables.tally,
        "timestamp": formatting.timestamp,
    }
    environment.globals |= {
        "STYLE": _asset("style.css"),
        "EARLY": _asset("early.js"),
        "SCRIPT": _asset("script.js"),
        "POLICY": content_security_policy(),
        "STATES": tuple(Health),
        "COLUMNS": tuple(Column),
        "DIAGRAM_WIDTH": WIDTH,
        "OPEN_REGIONS": OPEN_REGIONS,
        "MOST_ROWS": tables.MOST_ROWS,
    }
    return environment


def _visible(value: Any) -> Any:
    """Escape invisible characters in everything but our own markup."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text("utf-8"))  # noqa: S704 -- a file of this package


@cache
def content_security_policy() -> str:
    """The page's Content-Security-Policy: only the styles and scripts in the page itself, by their hashes."""
    scripts = " ".join(_hash(name) for name in ("early.js", "script.js"))
    return (
        f"default-src 'none'; style-src {_hash('style.css')}; script-src {scripts}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def render(report: AuditReport, now: datetime) -> str:
    """The page of a report at `now`."""
    index, history = Index(report), report.history[-MOST_BARS:]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            now=now,
            index=index,
            banner=banner(report, now),
            period=timedelta(seconds=max(1, report.period_seconds)),
            regions=[(one, layout(one)) for one in diagrams(index)],
            finding_groups=tables.finding_groups(index),
            endpoint_groups=tables.endpoint_groups(index),
            service_groups=tables.service_groups(index),
            history=history,
            highest=max([1, *(point.errors + point.warnings for point in history)]),
        )
    )


def notice(
    title: str, text: str, now: datetime, faults: tuple[str, ...] = (), remedy: str = "", *, wrong: bool = False
) -> str:
    """A page with one message, a list of faults and a remedy."""
    template = _environment().get_template("notice.html.j2")
    state = Health.ERROR if wrong else Health.UNKNOWN
    return template.render(title=title, text=text, now=now, faults=faults, remedy=remedy, state=state)
