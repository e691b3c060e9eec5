"""The audit report as JSON. Its JSON Schema is published as docs/report.schema.json.

`python -m shared.reports.report_json` prints the schema.
"""

import json
from typing import Any

from pydantic import ConfigDict, RootModel
from pydantic.alias_generators import to_camel

from shared.domain.audit.report_model import AuditReport


class _Document(RootModel[AuditReport]):
    model_config = ConfigDict(alias_generator=to_camel, title="An audit of clickhouse-privatelink")


def to_json(report: AuditReport) -> bytes:
    """The report as JSON in UTF-8, with names in camel case."""
    return _Document(report).model_dump_json(by_alias=True).encode()


def from_json(document: bytes) -> AuditReport:
    """The report in a JSON document. Raises ValueError for anything else, and for unknown schema versions."""
    return _Document.model_validate_json(document).root


def schema() -> dict[str, Any]:
    """The JSON Schema of the documents of `to_json`."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **_Document.model_json_schema(mode="serialization")}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))  # noqa: T201 -- it is what the command is for
