"""What a pass tells afterwards: one JSON document, the same for log, HTTP answer and page."""

from collections import Counter
from dataclasses import dataclass

from shared.domain.changes import Change
from shared.domain.changes.outcome import Outcome, Status
from shared.domain.model.addresses import addresses_of
from shared.domain.model.findings import IN_PROGRESS
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint
from shared.domain.model.snapshot import ReadEndpoint, Snapshot
from shared.domain.planning.classification import Verdict
from shared.domain.planning.plan import Plan
from shared.domain.results.problems import Problem, problems_of

MOST_IN_FULL = 500


@dataclass(frozen=True, slots=True)
class Report:
    """`plan` is what was still to be done at the end; `outcomes` what was tried, in order.

    A change that failed but is not in `plan` any more turned out to be so already. One that went through
    and still is in `plan` did not last: somebody undid it, or the system never did it. `pass_id` names the
    pass in the log.
    """

    snapshot: Snapshot
    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    dry_run: bool = False
    pass_id: str = ""

    @property
    def undone(self) -> tuple[Outcome, ...]:
        """The last word on each change that is still to be made; empty for a dry run."""
        last = {outcome.change: outcome for outcome in self.outcomes}
        left = () if self.dry_run else self.plan.changes
        return tuple(_unlasting(last.get(change), change) for change in left)

    @property
    def problems(self) -> tuple[str, ...]:
        """What kept the pass from finishing, a sentence for each cause; empty if nothing did."""
        return tuple(problem.text for problem in self.problems_with_remedies)

    @property
    def problems_with_remedies(self) -> tuple[Problem, ...]:
        unread = (answer for answer in self.snapshot.unreadable().values() if not answer.refused)
        return problems_of(unread, self.undone)

    @property
    def releases_withheld(self) -> int:
        """How many endpoints are not released because of MAX_REMOVALS or a policy."""
        removals = {change.endpoint for change in self.plan.withheld if change.removes}
        return sum(self.plan.verdicts.get(endpoint) is Verdict.RELEASE for endpoint in removals)

    @property
    def in_progress(self) -> tuple[str, ...]:
        """What Azure still has to do, each in a sentence. It is no problem: nothing failed."""
        return tuple(f"{one.object}: {one.message}" for one in self.plan.findings if one.code == IN_PROGRESS)

    @property
    def retryable(self) -> bool:
        """Whether another delivery may get further: by itself, or once a key or a right is in order."""
        unread = any(answer.retryable for answer in self.snapshot.unreadable().values())
        return unread or bool(self.plan.in_progress) or any(outcome.retryable for outcome in self.undone)

    @property
    def forbidden(self) -> bool:
        """Whether a key or a right is to be put in order."""
        unread = any(answer.forbidden for answer in self.snapshot.unreadable().values())
        return unread or any(outcome.forbidden for outcome in self.undone)

    def as_json(self) -> dict[str, object]:
        """The whole report. Each endpoint tells its host names unless there are too many to read."""
        return {"endpoints": self.endpoints_json(), **self.summary_json()}

    def endpoints_json(self) -> list[dict[str, object]]:
        """What each endpoint is and got."""
        return [self._endpoint_json(one) for one in sorted(self.plan.verdicts)]

    def summary_json(self) -> dict[str, object]:
        """The report without what is well: endpoints are only counted, by verdict."""
        shown = self.plan.changes if self.dry_run else ()
        return {
            "dryRun": self.dry_run,
            "verdicts": dict(sorted(Counter(one.value for one in self.plan.verdicts.values()).items())),
            "plan": [change.as_json() for change in shown],
            "outcomes": [_outcome_json(outcome) for outcome in self.outcomes],
            "findings": [finding.as_json() for finding in self.plan.findings],
            "withheld": [change.as_json() for change in self.plan.withheld],
            "problems": [problem.as_json() for problem in self.problems_with_remedies],
            "retryable": self.retryable,
        }

    def _endpoint_json(self, endpoint: ResourceId) -> dict[str, object]:
        found = self.snapshot.get(ReadEndpoint(endpoint))
        basics: dict[str, object] = {"id": str(endpoint), "verdict": self.plan.verdicts[endpoint].value}
        if not isinstance(found, Endpoint):
            return basics
        addresses = addresses_of(self.snapshot, found)
        hostnames = self.plan.hostnames.get(endpoint, {}) if len(self.plan.verdicts) <= MOST_IN_FULL else {}
        return {
            **basics,
            "resourceGuid": found.guid,
            "addresses": list(addresses) if isinstance(addresses, tuple) else [],
            "connections": [{"to": c.target, "status": c.status} for c in found.connections],
            "hostnames": dict(hostnames),
        }


def _unlasting(outcome: Outcome | None, change: Change) -> Outcome:
    if outcome and outcome.status is not Status.DONE:
        return outcome
    error = (
        "it was done, but did not last"
        if outcome
        else "there were more changes meanwhile than one pass makes"
    )
    return Outcome(change, Status.FAILED, error, temporary=True)


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    shown: dict[str, object] = {**outcome.change.as_json(), "status": outcome.status.value}
    if outcome.error:
        shown |= {"error": outcome.error, "retryable": outcome.retryable}
    return shown
