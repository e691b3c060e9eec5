"""The body of `POST /api/sync`: validated before any system is called."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
)

from shared.domain.model.deployment_config import DeploymentConfig
from shared.domain.model.ids import Kind, ResourceId, quoted
from shared.domain.planning.affected_endpoints import Targets

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


def _form(value: Any) -> str:
    return "all" if isinstance(value, str) else "list"


type Endpoint = Annotated[ResourceId, BeforeValidator(_endpoint)]
type Endpoints = Annotated[list[Endpoint], Field(min_length=1, max_length=MAX_ENDPOINTS), Tag("list")]
type All = Annotated[Literal["all"], Tag("all")]


class SyncRequest(BaseModel):
    """`{"endpoints": [ARM id, …] or "all", "dryRun": bool, "allowRemovals": N}`, and no other members.

    `allowRemovals` overrides MAX_REMOVALS for this request. The limit does not apply to named endpoints.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    endpoints: Annotated[Endpoints | All, Discriminator(_form)]
    dry_run: bool = Field(default=False, alias="dryRun")
    allow_removals: int | None = Field(default=None, alias="allowRemovals", ge=0)

    @property
    def targets(self) -> Targets:
        if isinstance(self.endpoints, str):
            return Targets(everything=True)
        return Targets(frozenset(self.endpoints))


def parse_sync_request(body: bytes, config: DeploymentConfig) -> SyncRequest:
    """Parse a body. Raises BadRequestError with every fault, including endpoints outside ENDPOINT_SCOPES."""
    if len(body) > MAX_BODY_BYTES:
        raise BadRequestError([("body", f"larger than {MAX_BODY_BYTES} bytes")])
    try:
        return SyncRequest.model_validate_json(body, context=config)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise BadRequestError(
            [(_location(fault["loc"]), fault["msg"].removeprefix("Value error, ")) for fault in faults]
        ) from None


def _location(path: tuple[int | str, ...]) -> str:
    """`endpoints[3]` for pydantic's ("endpoints", "list", 3)."""
    match path:
        case ("endpoints", _, int(number), *_):
            return f"endpoints[{number}]"
        case (str(name), *_) if name:
            return name
        case _:
            return "body"
