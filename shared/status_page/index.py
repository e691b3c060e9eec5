"""Lookups in one audit report: names, anchors, findings and states by object id."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from shared.domain.audit.report_model import (
    AllowedId,
    AuditedEndpoint,
    AuditedFinding,
    AuditedService,
    AuditedZone,
    AuditReport,
    Health,
)
from shared.domain.model.text import counted
from shared.status_page.formatting import resource_name


class State(StrEnum):
    """What the page shows of an object, the worst first."""

    ERROR = "error"
    UNKNOWN = "unknown"
    WARNING = "warning"
    WAITING = "waiting"
    NOT_MANAGED = "not-managed"
    HEALTHY = "healthy"

    @property
    def rank(self) -> int:
        return tuple(State).index(self)


_STATES = {
    Health.WRONG: State.ERROR,
    Health.UNKNOWN: State.UNKNOWN,
    Health.WAITING: State.WAITING,
    Health.LEFT_ALONE: State.NOT_MANAGED,
    Health.WELL: State.HEALTHY,
}
_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Index:
    """Ids are compared in lower case: ARM ids are case-insensitive."""

    report: AuditReport

    @cached_property
    def findings(self) -> tuple[AuditedFinding, ...]:
        """Unknown severities, errors, warnings, infos, and those that this audit did not see; the newest first."""
        return tuple(
            sorted(
                self.report.findings,
                key=lambda one: (
                    not one.seen,
                    _severity_rank(one.severity),
                    -one.first_seen.timestamp(),
                    one.object,
                ),
            )
        )

    @cached_property
    def endpoints(self) -> tuple[AuditedEndpoint, ...]:
        """The worst first, then by name."""
        return tuple(
            sorted(
                self.report.endpoints,
                key=lambda one: (self.state(one).rank, resource_name(one.id).lower(), one.id),
            )
        )

    @cached_property
    def services(self) -> tuple[AuditedService, ...]:
        """The worst first, then by name."""
        return tuple(sorted(self.report.services, key=lambda one: (self.state(one).rank, one.name.lower(), one.id)))

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
        """The findings that set the state of an object."""
        return alerts(self.about(ident))

    def state(self, one: AuditedEndpoint | AuditedService | AuditedZone) -> State:
        """Its health. A problem is a warning if all findings about it, or about its endpoints, are warnings."""
        findings = self.alerts(one.id)
        if one.health is Health.WRONG and not findings:
            findings = alerts(finding for ident in self._endpoints_of(one) for finding in self.about(ident))
        return state(one.health, findings)

    def _endpoints_of(self, one: AuditedEndpoint | AuditedService | AuditedZone) -> set[str]:
        ends = self.report.endpoints
        match one:
            case AuditedService():
                allowed = {entry.endpoint for entry in one.allow_list}
                return allowed | {end.id for end in ends if one.id in end.services}
            case AuditedZone():
                return {end.id for end in ends if end.zone == one.id or end.network in one.networks}
        return set()

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
        if one.seen and one.severity != "info":
            first.setdefault(one.code, one)
    return tuple(first.values())


def state(health: Health, findings: Iterable[AuditedFinding]) -> State:
    """The state of a health with these findings: a problem with warnings only is a warning."""
    warnings = {one.severity for one in findings} == {"warning"}
    return State.WARNING if health is Health.WRONG and warnings else _STATES[health]


def _severity_rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else -1


def worst(states: Iterable[State]) -> State:
    """The worst of several; healthy if there are none."""
    return min(states, key=lambda one: one.rank, default=State.HEALTHY)


def tally(states: Iterable[State]) -> str:
    """Counts by state, such as `2 errors, 5 healthy`."""
    count = Counter(states)
    countable = (State.ERROR, State.WARNING)
    return ", ".join(
        counted(count[one], one) if one in countable else f"{count[one]} {one.replace('-', ' ')}"
        for one in State
        if count[one]
    )
