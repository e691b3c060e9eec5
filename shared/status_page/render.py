"""The page as one HTML document that needs nothing else: no network, no other file."""

import base64
import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.domain.audit.report_model import AuditReport
from shared.domain.audit.summary import banner
from shared.domain.model.text import counted
from shared.status_page import chart, wording
from shared.status_page.drawing import picture
from shared.status_page.endpoints_table import endpoint_rows, grouped_endpoints
from shared.status_page.findings_table import finding_rows, grouped_findings
from shared.status_page.folding import WORDS, tally
from shared.status_page.groups import MOST_ROWS
from shared.status_page.health import warning
from shared.status_page.index import Index, badness
from shared.status_page.narrow_drawing import stacked
from shared.status_page.scene import Scene
from shared.status_page.services_table import grouped_services, service_rows
from shared.status_page.topology import SPARE, scenes

_HERE = Path(__file__).parent / "templates"
_COMES = (
    "The report store can be read, and holds no report. The first audit writes one: it comes by "
    "AUDIT_SCHEDULE, or when the function audit is run by hand."
)
NO_AUDIT = ("No audit yet", _COMES)
FEW_REGIONS = 3
"""So many regions are drawn unfolded; of more, the one that most needs somebody's look."""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_spelled,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "brief": wording.brief,
        "clipped": wording.clipped,
        "lasting": wording.lasting,
        "moment": wording.moment,
        "name": wording.name_of,
        "group": wording.group_of,
        "took": wording.took,
        "short": wording.short_id,
        "alias": wording.short_alias,
        "counted": counted,
    }
    made.globals |= {"STYLE": _part("style.css"), "EARLY": _part("early.js"), "SCRIPT": _part("script.js")}
    made.globals |= {"WORDS": WORDS, "POLICY": policy(), "tally": tally}
    return made


def _spelled(value: Any) -> Any:
    """What goes into the page, with nothing in it that cannot be seen; what we wrote ourselves as it is."""
    return wording.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _part(name: str) -> Markup:
    return Markup((_HERE / name).read_text("utf-8"))  # noqa: S704 -- a file of ours


@cache
def policy() -> str:
    """The page's Content-Security-Policy: nothing from anywhere but the styles and scripts in the page itself."""
    scripts = " ".join(_hashed(name) for name in ("early.js", "script.js"))
    return (
        f"default-src 'none'; style-src {_hashed('style.css')}; script-src {scripts}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashed(name: str) -> str:
    digest = hashlib.sha256(_part(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def render(report: AuditReport | None, now: datetime) -> str:
    """The page of a report as seen at `now`, or (None) the page of a store that has none yet."""
    if report is None:
        return notice(*NO_AUDIT, now)
    index = Index(report)
    findings, ends, services = finding_rows(index), endpoint_rows(index), service_rows(index)
    drawn, spare = scenes(index), scenes(index, SPARE)
    opened = _opened(drawn)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            now=now,
            index=index,
            standing=banner(report, now),
            warning=warning(report, now),
            regions=[
                (scene, picture(scene), stacked(narrow), scene.region in opened)
                for scene, narrow in zip(drawn, spare, strict=True)
            ],
            findings=findings,
            finding_groups=grouped_findings(findings),
            endpoint_groups=grouped_endpoints(ends),
            service_groups=grouped_services(services),
            endpoints=ends,
            services=services,
            chart=chart.chart(report.history, timedelta(seconds=report.period_seconds)),
            most_rows=MOST_ROWS,
        )
    )


def _opened(drawn: tuple[Scene, ...]) -> set[str]:
    if len(drawn) <= FEW_REGIONS:
        return {scene.region for scene in drawn}
    return {max(drawn, key=lambda scene: badness(scene.health)).region}


def notice(title: str, text: str, now: datetime, faults: tuple[str, ...] = (), *, wrong: bool = False) -> str:
    """A page that says one thing, with a list of what is at fault."""
    template = _environment().get_template("notice.html.j2")
    return template.render(
        title=title, text=text, now=now, faults=faults, health="wrong" if wrong else "unknown"
    )
