"""Tells outcome events: each once per change of state, never at the cost of a pass.

Nothing here raises. An event that could not be published is in the log and is not tried again later.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.audit.outcome_events import OutcomeEvent, of_audit, of_pass, of_refusal, refusals
from shared.domain.audit.report_model import AuditReport
from shared.domain.model.errors import PrivateLinkError
from shared.domain.model.findings import Finding
from shared.domain.results.pass_report import Report
from shared.reconciler.ports import Topic
from shared.telemetry.log import cut, tell


@dataclass
class Announcer:
    """`topic`: None if nobody wants to know. `refused`: the refusals told, by endpoint, for this process's life.

    `patience`: how many seconds the topic is waited for.
    """

    topic: Topic | None
    refused: dict[str, frozenset[Finding]] = field(default_factory=dict)
    patience: float = 5.0

    async def of_pass(self, report: Report) -> None:
        """Tell what a pass did, and what it refused that this process has not told yet."""
        if self.topic and not report.dry_run:
            now = datetime.now(UTC)
            await self._publish([*of_pass(report, now), *self._newly_refused(report, now)])

    async def of_audit(self, report: Report, told: AuditReport, before: AuditReport | None) -> None:
        """Tell what an audit did, the drift that it saw first, and what it refused that the one before did not."""
        if self.topic is None:
            return
        findings = before.findings if before else ()
        earlier = (Finding(one.code, one.object, one.message, one.remedy) for one in findings)
        self.refused = {**refusals(earlier), **self.refused}
        news = self._newly_refused(report, told.finished)
        await self._publish([*of_pass(report, told.finished), *news, *of_audit(told, before)])

    def _newly_refused(self, report: Report, now: datetime) -> Iterable[OutcomeEvent]:
        """A refusal that is over may be told again when it comes back."""
        present = refusals(report.plan.findings)
        for endpoint in map(str, report.plan.verdicts):
            those = present.get(endpoint, frozenset())
            news = those - self.refused.pop(endpoint, frozenset())
            if those:
                self.refused[endpoint] = those
            yield from (of_refusal(one, report.pass_id, now) for one in sorted(news))

    async def _publish(self, events: Sequence[OutcomeEvent]) -> None:
        if not events or not self.topic:
            return
        kinds = dict(Counter(event.type for event in events))
        try:
            async with asyncio.timeout(self.patience):
                await self.topic.publish(events)
        except TimeoutError:
            _trouble(kinds, f"the topic did not answer within {self.patience:.0f} s")
        except PrivateLinkError as error:
            _trouble(kinds, str(error))
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is no reason to fail a pass
            _trouble(kinds, f"{type(error).__name__}: {error}")
        else:
            tell("publish", outcome="done", events=kinds)


def _trouble(kinds: dict[str, int], what: str) -> None:
    tell("publish", logging.WARNING, outcome="failed", events=kinds, error=cut(what))
