"""The body of `POST /api/sync`: held against its schema before anything is asked of anyone."""

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

MOST_ENDPOINTS = 200
LONGEST_BODY = 256 * 1024


class BadRequestError(Exception):
    """The request cannot be used. Each fault is told with where in the body it is."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in faults))
        self.faults = tuple(faults)


def _endpoint(value: Any, info: ValidationInfo[DeploymentConfig]) -> ResourceId:
    if not isinstance(value, str):
        raise ValueError("it is no text")  # noqa: TRY004 -- pydantic takes a ValueError for a fault
    endpoint = ResourceId.parse(value, Kind.PRIVATE_ENDPOINT)
    if not info.context.may_ask(endpoint):
        raise ValueError(f"{quoted(str(endpoint))} lies outside ENDPOINT_SCOPES")
    return endpoint


def _form(value: Any) -> str:
    return "all" if isinstance(value, str) else "list"


type Endpoint = Annotated[ResourceId, BeforeValidator(_endpoint)]
type Endpoints = Annotated[list[Endpoint], Field(min_length=1, max_length=MOST_ENDPOINTS), Tag("list")]
type All = Annotated[Literal["all"], Tag("all")]


class SyncRequest(BaseModel):
    """`{"endpoints": [ARM id, …] or "all", "dryRun": bool, "allowRemovals": N}`; nothing else.

    `allowRemovals` stands in for MAX_REMOVALS this once. Endpoints that are named are not counted.
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
    """The request in a body. Raises BadRequestError with every fault, endpoints outside scope included."""
    if len(body) > LONGEST_BODY:
        raise BadRequestError([("body", f"it has more than {LONGEST_BODY} bytes")])
    try:
        return SyncRequest.model_validate_json(body, context=config)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise BadRequestError(
            [(_where(one["loc"]), one["msg"].removeprefix("Value error, ")) for one in found]
        ) from None


def _where(location: tuple[int | str, ...]) -> str:
    """`endpoints[3]` for pydantic's ("endpoints", "list", 3)."""
    match location:
        case ("endpoints", _, int(number), *_):
            return f"endpoints[{number}]"
        case (str(name), *_) if name:
            return name
        case _:
            return "body"
