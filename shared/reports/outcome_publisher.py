"""Publishes outcome events to the topic: one for each change of state.

Nothing here raises. An event that could not be published is logged, and not sent again.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.audit.outcome_events import OutcomeEvent, of_audit, of_pass, of_refusal, refusals
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.findings import Finding
from shared.domain.results.pass_report import Report
from shared.reconciler.ports import Topic
from shared.reports.report_repository import guarded
from shared.telemetry.log import log_event, shorten


@dataclass
class OutcomePublisher:
    """`topic`: None without OUTCOME_TOPIC_ENDPOINT. `timeout`: in seconds.

    `refused`: the refusals that this process has published, by endpoint.
    """

    topic: Topic | None
    refused: dict[str, frozenset[Finding]] = field(default_factory=dict)
    timeout: float = 5.0

    async def of_pass(self, report: Report) -> None:
        """Publish what a pass registered and deregistered, and its new refusals."""
        if self.topic and not report.dry_run:
            now = datetime.now(UTC)
            await self._publish([*of_pass(report, now), *self._new_refusals(report, now)])

    async def of_audit(self, report: Report, audit: AuditReport, previous: AuditReport | None) -> None:
        """Publish the same for an audit, with its new drift and its repairs."""
        if self.topic:
            findings = previous.findings if previous else ()
            earlier = refusals(Finding(one.code, one.object, one.message, one.remedy) for one in findings)
            self.refused = earlier | self.refused
            now = audit.finished
            refused = self._new_refusals(report, now)
            await self._publish([*of_pass(report, now), *refused, *of_audit(audit, previous)])

    def _new_refusals(self, report: Report, now: datetime) -> Iterator[OutcomeEvent]:
        """A refusal that ended is published again when it returns."""
        present = refusals(report.plan.findings)
        for endpoint in map(str, report.plan.verdicts):
            current = present.get(endpoint, frozenset())
            new = current - self.refused.pop(endpoint, frozenset())
            if current:
                self.refused[endpoint] = current
            yield from (of_refusal(one, report.pass_id, now) for one in sorted(new))

    async def _publish(self, events: Sequence[OutcomeEvent]) -> None:
        if not events or not self.topic:
            return
        topic, types = self.topic, dict(Counter(event.type for event in events))
        failure = await guarded("the topic", self.timeout, lambda: topic.publish(events))
        if failure:
            log_event("publish", logging.WARNING, outcome="failed", events=types, error=shorten(failure.reason))
        else:
            log_event("publish", outcome="done", events=types)
