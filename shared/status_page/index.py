"""A report's things by their ids, each with the anchor of its row and the findings about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.audit.report_model import AuditedEndpoint, AuditedFinding, AuditReport, Health
from shared.status_page.wording import name_of

BADNESS = (Health.WELL, Health.LEFT_ALONE, Health.WAITING, Health.UNKNOWN, Health.WRONG)
"""From what needs nobody's look to what needs it most."""
_SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True)
class Index:
    """Look-ups in one report. ARM ids are the same in any letter case."""

    report: AuditReport

    @cached_property
    def findings(self) -> Mapping[str, tuple[AuditedFinding, ...]]:
        """The findings about an object, the worst first, by its id in lower case."""
        found: defaultdict[str, list[AuditedFinding]] = defaultdict(list)
        for one in worst_first(self.report.findings):
            found[one.object.lower()].append(one)
        return {key: tuple(findings) for key, findings in found.items()}

    def about(self, ident: str) -> tuple[AuditedFinding, ...]:
        return self.findings.get(ident.lower(), ())

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The id, within the page, of the row of an endpoint or service, by its id in lower case."""
        endpoints = {one.id.lower(): f"e{n}" for n, one in enumerate(self.report.endpoints)}
        return endpoints | {one.id.lower(): f"s{n}" for n, one in enumerate(self.report.services)}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What people call an object, by its id in lower case."""
        services = {one.id.lower(): one.name for one in self.report.services}
        zones = {one.id.lower(): one.name for one in self.report.zones}
        return {one.id.lower(): name_of(one.id) for one in self.report.endpoints} | services | zones

    def name(self, ident: str) -> str:
        """What people call it; an id may come after a word for what it is, such as `service`."""
        known = self.names.get(ident.lower()) or self.names.get(ident.rpartition(" ")[2].lower())
        return known or name_of(ident)

    def codes(self, ident: str) -> tuple[str, ...]:
        """The codes of the findings about an object, the worst first, without what is merely to know."""
        return tuple(dict.fromkeys(one.code for one in self.about(ident) if one.severity != "info"))

    @cached_property
    def by_registered_id(self) -> Mapping[str, AuditedEndpoint]:
        """The endpoint that an id on an allow list belongs to, by GUID and ARM id in lower case."""
        ends = self.report.endpoints
        return {key.lower(): one for one in ends for key in (one.guid, one.id) if key}


def worst_first(findings: Iterable[AuditedFinding]) -> list[AuditedFinding]:
    """Errors, then warnings, then the rest; within each the newest first."""
    return sorted(
        findings, key=lambda one: (-severity(one.severity), -one.first_seen.timestamp(), one.object)
    )


def severity(name: str) -> int:
    """How grave it is; more than any we know if we do not know it."""
    return _SEVERITIES.index(name) if name in _SEVERITIES else len(_SEVERITIES)


def badness(health: Health) -> int:
    return BADNESS.index(health)


def worst(healths: Iterable[Health]) -> Health:
    """What to say of several things in one word; that all is well if there is none."""
    return max(healths, key=badness, default=Health.WELL)
