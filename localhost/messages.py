"""The messages between the Functions host and its Python worker, without gRPC.

The host passes the message classes to the worker library (parameter `protos`); in Azure they are generated
from the Functions gRPC contract. The library does not check their types: it calls them with keywords, reads
their attributes and calls `WhichOneof`. So plain classes with the contract's names work, and the local host
passes this module as `protos`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar


class TypedData:
    """A value of one kind (`json`, `string`, `bytes`, `http`, `int`, `double`), or no value."""

    def __init__(self, **alternative: Any) -> None:
        self.kind = next(iter(alternative), None)
        self.value = alternative.get(self.kind) if self.kind else None
        vars(self).update(alternative)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - name in the protobuf API
        return self.kind


@dataclass
class ParameterBinding:
    name: str
    data: TypedData | None

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - name in the protobuf API
        return "data"


@dataclass
class RpcException:
    message: str
    stack_trace: str = ""
    source: str = ""


@dataclass
class StatusResult:
    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1
    Cancelled: ClassVar[int] = 2

    status: int
    exception: RpcException | None = None


@dataclass
class WorkerMetadata:
    runtime_name: str
    runtime_version: str
    worker_version: str
    worker_bitness: str
    custom_properties: Mapping[str, str]


@dataclass
class WorkerInitResponse:
    capabilities: Mapping[str, str]
    worker_metadata: WorkerMetadata
    result: StatusResult


@dataclass
class BindingInfo:
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
    undefined: ClassVar[int] = 0

    type: str
    data_type: int | None
    direction: int


@dataclass
class RpcRetryOptions:
    max_retry_count: int
    retry_strategy: str
    delay_interval: timedelta | None = None
    minimum_interval: timedelta | None = None
    maximum_interval: timedelta | None = None


@dataclass
class RpcFunctionMetadata:
    name: str
    function_id: str
    managed_dependency_enabled: bool
    directory: str
    script_file: str
    entry_point: str
    is_proxy: bool
    language: str
    bindings: Mapping[str, BindingInfo]
    raw_bindings: Sequence[str]
    retry_options: RpcRetryOptions | None
    properties: Mapping[str, str]


@dataclass
class FunctionMetadataResponse:
    use_default_metadata_indexing: bool
    function_metadata_results: Sequence[RpcFunctionMetadata] | None
    result: StatusResult


@dataclass
class RpcHttp:
    """A request to the worker, or a response from it."""

    method: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: TypedData = field(default_factory=TypedData)
    status_code: str = ""
    cookies: "Sequence[RpcHttpCookie] | None" = None
    enable_content_negotiation: bool = False


@dataclass
class Timestamp:
    seconds: int


@dataclass
class Nullable[T]:
    value: T


class NullableString(Nullable[str]): ...


class NullableBool(Nullable[bool]): ...


class NullableDouble(Nullable[float]): ...


class NullableTimestamp(Nullable[Timestamp]): ...


class SameSite:
    Lax, Strict, ExplicitNone = 1, 2, 3


setattr(SameSite, "None", 0)  # the contract uses `None`, which Python does not accept as a name


@dataclass
class RpcHttpCookie:
    SameSite: ClassVar[type[SameSite]] = SameSite

    name: str
    value: str
    domain: NullableString | None
    path: NullableString | None
    expires: NullableTimestamp | None
    secure: NullableBool | None
    http_only: NullableBool | None
    same_site: int
    max_age: NullableDouble | None


@dataclass
class TraceContext:
    trace_parent: str
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class RetryContext:
    retry_count: int = 0
    max_retry_count: int = 0
    exception: RpcException | None = None


@dataclass
class InvocationRequest:
    invocation_id: str
    function_id: str
    input_data: Sequence[ParameterBinding]
    trace_context: TraceContext
    trigger_metadata: Mapping[str, TypedData] = field(default_factory=dict)
    retry_context: RetryContext = field(default_factory=RetryContext)


@dataclass
class InvocationResponse:
    invocation_id: str
    result: StatusResult
    return_value: TypedData | None = None
    output_data: Sequence[ParameterBinding] = ()
