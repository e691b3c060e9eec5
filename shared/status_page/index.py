"""Lookups in one audit report: names, anchors and findings by object id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.audit.report_model import AllowedId, AuditedEndpoint, AuditedFinding, AuditedService, AuditReport
from shared.status_page.formatting import resource_name


@dataclass(frozen=True)
class Index:
    """Ids are compared in lower case: ARM ids are case-insensitive."""

    report: AuditReport

    @cached_property
    def findings(self) -> tuple[AuditedFinding, ...]:
        """Errors, warnings, infos, and those that this audit did not see; the newest first."""
        return tuple(
            sorted(
                self.report.findings,
                key=lambda one: (not one.seen, one.severity.rank, -one.first_seen.timestamp(), one.object),
            )
        )

    @cached_property
    def endpoints(self) -> tuple[AuditedEndpoint, ...]:
        """The worst first, then by name."""
        return tuple(
            sorted(self.report.endpoints, key=lambda one: (one.health.rank, resource_name(one.id).lower(), one.id))
        )

    @cached_property
    def services(self) -> tuple[AuditedService, ...]:
        """The worst first, then by name."""
        return tuple(sorted(self.report.services, key=lambda one: (one.health.rank, one.name.lower(), one.id)))

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The element id of the table row of each endpoint and service."""
        endpoints = {one.id.lower(): f"e{n}" for n, one in enumerate(self.report.endpoints)}
        return endpoints | {one.id.lower(): f"s{n}" for n, one in enumerate(self.report.services)}

    def anchor(self, ident: str) -> str:
        """The element id of its table row, or nothing."""
        return self.anchors.get(ident.lower(), "")

    @cached_property
    def _findings_by_object(self) -> Mapping[str, list[AuditedFinding]]:
        by_object: defaultdict[str, list[AuditedFinding]] = defaultdict(list)
        for one in self.findings:
            by_object[one.object.lower()].append(one)
        return by_object

    def about(self, ident: str) -> tuple[AuditedFinding, ...]:
        """The findings about an object, the worst first."""
        return tuple(self._findings_by_object.get(ident.lower(), ()))

    def alerts(self, ident: str) -> tuple[AuditedFinding, ...]:
        """The findings about an object that are shown beside it."""
        return alerts(self.about(ident))

    @cached_property
    def _names(self) -> Mapping[str, str]:
        zones = {one.id.lower(): one.name for one in self.report.zones}
        return zones | {one.id.lower(): one.name for one in self.report.services}

    def name(self, ident: str) -> str:
        """The display name of an object. A word may precede its id, as in `service <id>`."""
        known = self._names.get(ident.lower()) or self._names.get(ident.rpartition(" ")[2].lower())
        return known or resource_name(ident)

    @cached_property
    def _endpoint_by_registered_id(self) -> Mapping[str, str]:
        ends = self.report.endpoints
        return {key.lower(): one.id for one in ends for key in (one.guid, one.id) if key}

    def entry(self, entry: AllowedId) -> tuple[str, str]:
        """The anchor and name of the endpoint that an allow-list entry belongs to, or the entry's id alone."""
        endpoint = self._endpoint_by_registered_id.get(entry.id.lower(), entry.endpoint)
        return (self.anchor(endpoint), resource_name(endpoint)) if endpoint else ("", entry.id)


def alerts(findings: Iterable[AuditedFinding]) -> tuple[AuditedFinding, ...]:
    """The first finding of each code that this audit saw, without infos."""
    first: dict[str, AuditedFinding] = {}
    for one in findings:
        if one.seen and not one.is_info:
            first.setdefault(one.code, one)
    return tuple(first.values())
