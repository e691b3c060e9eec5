"""The report of a pass: one JSON document for log, HTTP answer, command line and page."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from shared.domain.changes.base import Change
from shared.domain.changes.outcome import Outcome, OutcomeStatus
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, ReadFailed
from shared.domain.model.snapshot import Read, ReadEndpoint, Snapshot, addresses_of
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan
from shared.domain.results.problems import Problem, problems_of

MOST_IN_FULL = 500


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls the audit made, by system."""

    clickhouse: int = 0
    azure_network: int = 0
    azure_dns: int = 0


NO_CALLS = Calls()


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one pass.

    `plan`: what is still to be done at the end. `outcomes`: every change that was tried, in order. A change that
    failed but is not in `plan` turned out to be already made. `pass_id`: the pass in the log.
    """

    snapshot: Snapshot
    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    dry_run: bool = False
    pass_id: str = ""

    @property
    def undone(self) -> tuple[Outcome, ...]:
        """The last outcome of each change that is still to be made; empty for a dry run."""
        last = {outcome.change: outcome for outcome in self.outcomes}
        changes = () if self.dry_run else self.plan.changes
        return tuple(_undone(last.get(change), change) for change in changes)

    @property
    def problems(self) -> tuple[str, ...]:
        """What kept the pass from finishing, a sentence for each cause; empty if nothing did."""
        return tuple(problem.text for problem in self.problems_with_remedies)

    @property
    def problems_with_remedies(self) -> tuple[Problem, ...]:
        return problems_of(self._failed_reads, self.undone)

    @property
    def _failed_reads(self) -> dict[Read[Any], ReadFailed]:
        """The failed reads. A refusal of one object counts if, for want of its permission, a verdict is unknown."""
        unknown = Verdict.UNKNOWN in self.plan.verdicts.values()
        failed = self.snapshot.unreadable().items()
        return {read: one for read, one in failed if not one.refused or (unknown and one.cause.action)}

    @property
    def releases_withheld(self) -> int:
        """How many endpoints are not released because of MAX_REMOVALS or a policy."""
        removals = {change.endpoint for change in self.plan.withheld if change.removes}
        return sum(self.plan.verdicts.get(endpoint) is Verdict.RELEASE for endpoint in removals)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The reads and changes that may succeed on another try, sorted."""
        reads = {str(read) for read, failed in self.snapshot.unreadable().items() if failed.temporary}
        changes = {f"{one.change.verb} {one.change.summary()}" for one in self.undone if one.temporary}
        return tuple(sorted(reads | changes))

    @property
    def verdicts(self) -> dict[str, int]:
        """The number of endpoints by verdict."""
        return dict(sorted(Counter(verdict.value for verdict in self.plan.verdicts.values()).items()))

    @property
    def retryable(self) -> bool:
        """Whether a retry of the event may complete: by itself, or once a key or permission is corrected."""
        return bool(self.plan.in_progress) or any(one.retryable or one.cause.action for one in self._failures)

    @property
    def forbidden(self) -> bool:
        """Whether a key or permission must be corrected."""
        return any(one.cause.forbidden or one.cause.action for one in self._failures)

    @property
    def _failures(self) -> tuple[ReadFailed | Outcome, ...]:
        return (*self._failed_reads.values(), *self.undone)

    def as_json(self) -> dict[str, object]:
        """The whole report. Host names are omitted where there are more than MOST_IN_FULL endpoints."""
        return {
            "endpoints": [self.endpoint_json(endpoint) for endpoint in sorted(self.plan.verdicts)],
            "dryRun": self.dry_run,
            "verdicts": self.verdicts,
            "plan": [change.as_json() for change in self.plan.changes if self.dry_run],
            "outcomes": [_outcome_json(outcome) for outcome in self.outcomes],
            "findings": [finding.as_json() for finding in self.plan.findings],
            "withheld": [change.as_json() for change in self.plan.withheld],
            "problems": [problem.as_json() for problem in self.problems_with_remedies],
            "retryable": self.retryable,
        }

    def endpoint_json(self, id_: ResourceId) -> dict[str, object]:
        basics: dict[str, object] = {"id": str(id_), "verdict": self.plan.verdicts[id_].value}
        endpoint = self.snapshot.get(ReadEndpoint(id_))
        if not isinstance(endpoint, Endpoint):
            return basics
        addresses = addresses_of(self.snapshot, endpoint)
        hostnames = self.plan.hostnames.get(id_, {}) if len(self.plan.verdicts) <= MOST_IN_FULL else {}
        return {
            **basics,
            "resourceGuid": endpoint.guid,
            "addresses": list(addresses) if isinstance(addresses, tuple) else [],
            "connections": [{"to": c.target, "status": c.status} for c in endpoint.connections],
            "hostnames": dict(hostnames),
        }


def _undone(last: Outcome | None, change: Change) -> Outcome:
    if last and last.status is not OutcomeStatus.DONE:
        return last
    error = "applied, but not present on re-read" if last else "not applied within the rounds of this pass"
    return Outcome(change, OutcomeStatus.FAILED, error, temporary=True)


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    error = {"error": outcome.error, "retryable": outcome.retryable} if outcome.error else {}
    return {**outcome.change.as_json(), "status": outcome.status.value, **error}
