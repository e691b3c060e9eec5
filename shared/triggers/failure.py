"""What a failed trigger says, and how long it may take to end."""

from collections.abc import Iterable

# What follows a pass (publishing events, keeping configs) may delay its answer for so long; Event Grid waits 30.
SETTLE_SECONDS = 3.0


def summary(problems: Iterable[str], done: Iterable[str], what_next: str) -> str:
    return f"Not done: {'; '.join(problems)}. Done: {', '.join(done) or 'nothing'}. {what_next}"
