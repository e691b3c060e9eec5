"""The settings, from the environment. All faults are reported together, each with its setting and remedy."""

import re
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.domain.model.deployment_config import DeploymentConfig, IdKind, ZoneChoice
from shared.domain.model.ids import Scope
from shared.domain.model.selectors import Selectors, parse_selectors
from shared.domain.model.text import counted
from shared.domain.ownership.marks import OWNER_PATTERN
from shared.domain.planning.policy import Policies, Policy

PUBLIC_API = "https://api.clickhouse.cloud/v1"
PUBLIC_ARM = "https://management.azure.com"
# The storage SDK finds the account in the path of URLs with these hosts only.
EMULATOR_HOSTS = ("127.0.0.1", "localhost")

_URL = "an https URL"
_GROUPS = "the ARM ids of subscriptions or resource groups, separated by commas"


class SettingsError(Exception):
    """The settings are invalid. `faults`: a sentence for each fault, without secrets."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The settings are invalid:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = tuple(faults)


def is_simulated(url: str) -> bool:
    """Whether the URL is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _url(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("not a URL without credentials, query and fragment")
    if parts.port == 0:  # an invalid port raises ValueError
        raise ValueError("its port is 0")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_simulated(text)):
        raise ValueError("not https, and not on this machine")
    return text.rstrip("/")


def _store(text: str) -> str:
    if "://" not in text:
        return text
    url = _url(text)
    parts = urlsplit(url)
    names = parts.path.strip("/").split("/")
    if is_simulated(url) and (parts.hostname not in EMULATOR_HOSTS or len(names) != 2 or not all(names)):
        raise ValueError("on this machine, not http://127.0.0.1:<port>/<account>/<container>")
    if not is_simulated(url) and (len(names) != 1 or not all(names)):
        raise ValueError("not the URL of a blob container")
    return url


def _api_url(text: str) -> str:
    url = _url(text)
    return url if url.endswith("/v1") else f"{url}/v1"


def _parts(text: str) -> list[str]:
    return list(filter(None, map(str.strip, text.split(","))))


def _group(text: str) -> Scope:
    scope = Scope.parse(text)
    if not scope.resource_group:
        raise ValueError("a subscription, not a resource group")
    return scope


def _selectors(text: str) -> Selectors:
    parsed = parse_selectors(text)
    if parsed.faults:
        raise ValueError("; ".join(parsed.faults))
    return parsed


def _rate(text: str) -> list[str]:
    if not re.fullmatch(r"[1-9]\d{0,5}/[1-9]\d{0,5}", text):
        raise ValueError("not calls/seconds")
    return text.split("/")


def _event_policy(policy: Policy) -> Policy:
    if policy is Policy.REPORT:
        raise ValueError("not available for events: to change nothing, disable the function endpoint_changed")
    return policy


def _ncrontab(text: str) -> str:
    if len(text.split()) != 6:
        raise ValueError(f"it has {counted(len(text.split()), 'field')}, NCRONTAB has six")
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"not an NCRONTAB expression: {error}") from error
    return text


Url = Annotated[str, AfterValidator(_url)]
ScopeId = Annotated[Scope, BeforeValidator(Scope.parse)]
Scopes = Annotated[tuple[ScopeId, ...], NoDecode, BeforeValidator(_parts), Field(min_length=1)]


class Settings(BaseSettings):
    """The settings of one deployment. The names in the environment are those of the fields, in upper case.

    The description of a field is what its setting is to be set to.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, validate_default=False)

    @field_validator("*", mode="before")
    @classmethod
    def _resolved(cls, value: str) -> str:
        # Azure leaves the reference itself as the value of a secret that it could not read.
        if value.strip().lower().startswith("@microsoft.keyvault("):
            raise ValueError(
                "its Key Vault reference was not resolved; assign the role Key Vault Secrets User to the app's identity"
            )
        return value

    clickhouse_org_id: UUID = Field(description="the organization's id, from the ClickHouse Cloud console")
    clickhouse_cloud_api_key: str = Field(
        description="the id of an API key whose role has the permissions in docs/permissions.md"
    )
    clickhouse_cloud_api_secret: SecretStr = Field(
        description="the secret of that key, preferably as a Key Vault reference"
    )
    clickhouse_api_url: Annotated[str, AfterValidator(_api_url)] = Field(PUBLIC_API, description=_URL)
    clickhouse_rate_limit: Annotated[tuple[int, int], NoDecode, BeforeValidator(_rate)] = Field(
        (10, 10), description="calls/seconds, such as 10/10"
    )
    owner_id: str = Field(
        pattern=f"^{OWNER_PATTERN}$",
        description="a name for this deployment: letters, digits, . _ -, at most 64 characters",
    )
    endpoint_scopes: Scopes = Field(description=_GROUPS)
    endpoint_tag: str = Field(
        "clickhouse-services", min_length=1, max_length=512, pattern=r"^[^<>%&\\?/]+$", description="the name of a tag"
    )
    service_filter: Annotated[Selectors | None, NoDecode, BeforeValidator(_selectors)] = Field(
        None, description="selectors, separated by commas"
    )
    endpoint_id_kind: IdKind = Field(IdKind.GUID, description="guid or resource_id")
    dns_zone_scopes: Scopes | None = Field(None, description=_GROUPS)
    dns_zone_choice: ZoneChoice = Field(ZoneChoice.LINKED, description="linked or central")
    dns_zone_resource_group: Annotated[Scope | None, NoDecode, BeforeValidator(_group)] = Field(
        None, description="the ARM id of a resource group"
    )
    dns_adopt: bool = Field(default=False, description="true or false")
    dns_record_ttl: int = Field(300, ge=1, le=2**31 - 1, description="seconds from 1 to 2147483647")
    audit_schedule: Annotated[str, AfterValidator(_ncrontab)] = Field(
        description="six NCRONTAB fields, such as 0 */15 * * * *"
    )
    audit_policy: Policy = Field(Policy.REPORT, description="report, upsert or sync")
    event_policy: Annotated[Policy, AfterValidator(_event_policy)] = Field(Policy.SYNC, description="sync or upsert")
    max_removals: int = Field(20, ge=0, description="an integer from 0")
    audit_deadline: int = Field(4, ge=1, le=9, description="minutes from 1 to 9")
    pending_grace: int = Field(15, ge=0, le=7 * 24 * 60, description="minutes from 0 to 10080")
    report_store: Annotated[str, AfterValidator(_store)] | None = Field(
        None, description="the https URL of a blob container, or a folder"
    )
    outcome_topic_endpoint: Url | None = Field(None, description="the https URL of the endpoint of an Event Grid topic")
    azure_resource_manager_url: Url = Field(PUBLIC_ARM, description=_URL)

    @property
    def policies(self) -> Policies:
        return Policies(self.event_policy, self.audit_policy, self.max_removals)

    def config(self) -> DeploymentConfig:
        group, dns_scopes = self.dns_zone_resource_group, self.dns_zone_scopes or self.endpoint_scopes
        if group and not any(scope.covers(group) for scope in dns_scopes):
            dns_scopes = (*dns_scopes, group)  # a zone that is created there must be found afterwards
        return DeploymentConfig(
            owner=self.owner_id,
            endpoint_scopes=self.endpoint_scopes,
            dns_scopes=dns_scopes,
            zone_group=group,
            zone_choice=self.dns_zone_choice,
            tag=self.endpoint_tag,
            service_filter=self.service_filter,
            id_kind=self.endpoint_id_kind,
            dns_adopt=self.dns_adopt,
            record_ttl=self.dns_record_ttl,
        )


def read_settings() -> Settings:
    """Read the environment. Raises SettingsError with every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_input=False, include_url=False)]
    # Raised here, because pydantic's error contains all values and would become the context of this one.
    raise SettingsError(faults)


def _fault(details: Any) -> str:
    name = str(details["loc"][0]).upper()
    missing = details["type"] in ("missing", "too_short")
    fault = "is not set" if missing else f"is invalid: {details['msg'].removeprefix('Value error, ')}"
    field = Settings.model_fields[name.lower()]
    optional = "" if field.is_required() else "remove it, or "
    return f"{name} {fault}. Remedy: {optional}set it to {field.description}."
