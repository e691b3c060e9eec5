"""The product's log as JSON objects."""

import json
import logging
from typing import Any

import pytest

type Line = dict[str, Any]


class Lines:
    """The lines logged so far."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def records(self) -> list[logging.LogRecord]:
        return [record for record in self._caplog.records if record.name == "clickhouse_privatelink"]

    @property
    def all(self) -> list[Line]:
        return [json.loads(record.getMessage()) for record in self.records]

    def of(self, event: str) -> list[Line]:
        return [line for line in self.all if line["event"] == event]

    def only(self, event: str, level: int) -> Line:
        """The only line of that event, checked for its level."""
        ((record, line),) = [
            (record, line) for record, line in zip(self.records, self.all, strict=True) if line["event"] == event
        ]
        assert record.levelno == level
        return line
