"""The manual sync: POST /api/sync. Its body is validated before any system is called."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler as Handler

from shared.bootstrap import get_runtime
from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Kind, ResourceId, quoted
from shared.domain.model.text import counted
from shared.domain.planning.affected_endpoints import Targets
from shared.reconciler.reconcile import ReconcileRequest
from shared.settings import SettingsError
from shared.triggers.http_answer import Answer, json_answer, problem

# Azure's load balancer ends an HTTP request after 230 seconds.
SYNC_SECONDS = 200.0
MAX_ENDPOINTS = 200
MAX_BODY_BYTES = 256 * 1024


class BadRequestError(Exception):
    """The request is invalid. Each fault comes with its location in the body."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{location}: {fault}" for location, fault in faults))
        self.faults = tuple(faults)


def _endpoint(value: Any, info: ValidationInfo[DeploymentConfig]) -> ResourceId:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 -- pydantic reports a ValueError as a fault
    endpoint = ResourceId.parse(value, Kind.PRIVATE_ENDPOINT)
    if not info.context.in_endpoint_scopes(endpoint):
        raise ValueError(f"{quoted(str(endpoint))} is outside ENDPOINT_SCOPES")
    return endpoint


def _all_or_list(value: Any, as_list: Handler[list[ResourceId]]) -> list[ResourceId]:
    if not isinstance(value, str):
        return as_list(value)
    if value != "all":
        raise ValueError("Input should be 'all' or a list")
    return []


type Endpoint = Annotated[ResourceId, BeforeValidator(_endpoint)]
type Endpoints = Annotated[list[Endpoint], Field(min_length=1, max_length=MAX_ENDPOINTS)]


class SyncRequest(BaseModel):
    """`{"endpoints": [ARM id, …] or "all", "dryRun": bool, "allowRemovals": N}`, and no other members.

    `allowRemovals` overrides MAX_REMOVALS for this request. The limit does not apply to named endpoints.
    `endpoints` is empty for "all": an empty list is invalid.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    endpoints: Annotated[Endpoints, WrapValidator(_all_or_list)]
    dry_run: bool = Field(default=False, alias="dryRun")
    allow_removals: int | None = Field(default=None, alias="allowRemovals", ge=0)

    @property
    def targets(self) -> Targets:
        return Targets(frozenset(self.endpoints), everything=not self.endpoints)


def parse_sync_request(body: bytes, config: DeploymentConfig) -> SyncRequest:
    """Parse a body. Raises BadRequestError with every fault, including endpoints outside ENDPOINT_SCOPES."""
    if len(body) > MAX_BODY_BYTES:
        raise BadRequestError([("body", f"larger than {MAX_BODY_BYTES} bytes")])
    try:
        return SyncRequest.model_validate_json(body, context=config)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise BadRequestError(
            [(_location(*fault["loc"]), fault["msg"].removeprefix("Value error, ")) for fault in faults]
        ) from None


def _location(name: int | str = "", *items: int | str) -> str:
    """`endpoints[3]` for pydantic's ("endpoints", 3)."""
    return f"{name}[{items[0]}]" if items else str(name) or "body"


async def sync(request_body: bytes) -> Answer:
    """Run a pass. 200: done; 400: invalid request; 500: invalid settings; 502: a system failed."""
    try:
        runtime = get_runtime()
        request = parse_sync_request(request_body, runtime.config)
        allowed = request.allow_removals
        limit = runtime.settings.max_removals if allowed is None else allowed
        reconcile_request = ReconcileRequest(request.targets, dry_run=request.dry_run, max_removals=limit)
        report = await runtime.reconcile(reconcile_request, SYNC_SECONDS)
    except SettingsError as error:
        return problem(500, "The settings are invalid", faults=list(error.faults))
    except BadRequestError as error:
        faults = [{"at": location, "fault": fault} for location, fault in error.faults]
        return problem(400, "The request is invalid; nothing was read or changed", faults=faults)
    await runtime.settle()
    body = report.as_json()
    if withheld := len(report.plan.withheld):
        body["withheldNotice"] = (
            f"{counted(withheld, 'removal')} withheld: releasing {counted(report.releases_withheld, 'endpoint')} "
            f"exceeds the limit. To apply them, send the request again with "
            f'"allowRemovals": {report.releases_withheld}.'
        )
    if report.problems:
        return problem(502, "Not everything was done: see problems, and outcomes for what was", **body)
    return json_answer(200, body)
