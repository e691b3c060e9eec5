"""The base of all documents: strict, frozen models, and errors with paths."""

from collections.abc import Iterable
from ipaddress import IPv4Address, ip_network
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen model with camelCase keys. Unknown keys are errors, so that a typo is not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def dump(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


def guid() -> str:
    return str(uuid4())


def explain(error: ValidationError) -> str:
    """Return every error of a document on a separate line, with its path."""
    return "\n".join(f"{_path(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False))


def _path(location: Iterable[int | str]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "document"


def _arm_id(value: str) -> str:
    parts = value.split("/")
    if len(parts) < 3 or parts[0] or parts[1].lower() != "subscriptions" or "" in parts[2:]:
        raise ValueError("must be an ARM id: /subscriptions/<guid>/…")
    return value


def _uuid(value: str) -> str:
    UUID(value)
    return value


def _cidr(value: str) -> str:
    return str(ip_network(value))


def _source(value: str) -> str:
    ip_network(value, strict=False)
    return value


def _address(value: str) -> str:
    return str(IPv4Address(value))


type ArmId = Annotated[str, AfterValidator(_arm_id)]
type Guid = Annotated[str, AfterValidator(_uuid)]
type Cidr = Annotated[str, AfterValidator(_cidr)]
type Source = Annotated[str, AfterValidator(_source)]
type Address = Annotated[str, AfterValidator(_address)]
