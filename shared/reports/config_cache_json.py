"""The config cache as JSON, and back: the private endpoint configs of one organization's services."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from shared.domain.model.resources import Config


class _StoredConfig(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    alias: str
    hostname: str


class _StoredConfigs(BaseModel):
    organization: str
    configs: dict[str, _StoredConfig]


def configs_to_json(organization: str, configs: Mapping[str, Config]) -> bytes:
    """The organization's configs, by service id, as one JSON document in UTF-8."""
    told = {
        service: _StoredConfig(alias=one.alias, hostname=one.hostname)
        for service, one in sorted(configs.items())
    }
    return _StoredConfigs(organization=organization, configs=told).model_dump_json(indent=1).encode()


def configs_from_json(document: bytes) -> tuple[str, dict[str, Config]]:
    """The organization in a document, and its configs by service id. Raises pydantic's ValidationError."""
    stored = _StoredConfigs.model_validate_json(document)
    return stored.organization, {
        service: Config(one.alias, one.hostname) for service, one in stored.configs.items()
    }
