"""The settings, from the environment. All that is wrong with them is told at once, by name, with a remedy."""

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
from shared.domain.model.ids import BadIdError, Scope
from shared.domain.model.selectors import Selectors, parse_selectors
from shared.domain.model.text import counted
from shared.domain.ownership.marks import OWNER_PATTERN
from shared.domain.planning.policy import Policies, Policy

KEY_VAULT = "@microsoft.keyvault("
PUBLIC_API = "https://api.clickhouse.cloud/v1"
PUBLIC_ARM = "https://management.azure.com"

_REMEDIES = {
    "CLICKHOUSE_ORG_ID": "set it to the organization's id, from the ClickHouse Cloud console",
    "CLICKHOUSE_CLOUD_API_KEY": "set it to the id of an API key whose role has the permissions in docs/permissions.md",
    "CLICKHOUSE_CLOUD_API_SECRET": "set it to that key's secret, best as a Key Vault reference",
    "CLICKHOUSE_API_URL": "leave it out, or set it to an https URL",
    "CLICKHOUSE_RATE_LIMIT": "leave it out, or set it to calls/seconds, such as 10/10",
    "OWNER_ID": "set it to a name for this deployment: letters, digits, . _ -, at most 64 characters",
    "ENDPOINT_SCOPES": "set it to the ARM ids of subscriptions or resource groups, separated by commas",
    "ENDPOINT_TAG": "leave it out, or set it to the name of a tag",
    "SERVICE_FILTER": "leave it out, or set it to selectors, separated by commas",
    "ENDPOINT_ID_KIND": "leave it out, or set it to guid or resource_id",
    "DNS_ZONE_SCOPES": "leave it out, or set it like ENDPOINT_SCOPES",
    "DNS_ZONE_CHOICE": "leave it out, or set it to linked or central",
    "DNS_ZONE_RESOURCE_GROUP": "leave it out, or set it to the ARM id of a resource group",
    "DNS_ADOPT": "leave it out, or set it to true or false",
    "DNS_RECORD_TTL": "leave it out, or set it to seconds from 1 to 2147483647",
    "AUDIT_SCHEDULE": "set it to six NCRONTAB fields, such as 0 */15 * * * *",
    "AUDIT_POLICY": "leave it out, or set it to report, upsert or sync",
    "EVENT_POLICY": "leave it out, or set it to sync or upsert",
    "MAX_REMOVALS": "leave it out, or set it to a whole number from 0",
    "AUDIT_DEADLINE": "leave it out, or set it to whole minutes from 1 to 9",
    "PENDING_GRACE": "leave it out, or set it to whole minutes from 0 to 10080",
    "REPORT_STORE": "leave it out, or set it to the https URL of a blob container, or to a folder",
    "OUTCOME_TOPIC_ENDPOINT": "leave it out, or set it to the https URL of an Event Grid topic's endpoint",
    "AZURE_RESOURCE_MANAGER_URL": "leave it out, or set it to an https URL",
}


_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class SettingsError(Exception):
    """The settings cannot be used. `faults` are sentences, one for each fault, none with a secret in it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The settings are not usable:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = tuple(faults)


def _url(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("it is no plain URL")
    if parts.port == 0:  # reading it raises ValueError if it is no port
        raise ValueError("its port is 0")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("it is not https, and it is not on this machine")
    return text.rstrip("/")


def _store(text: str) -> str:
    """A blob container's URL (the account, and one name after it), or a folder."""
    if "://" not in text:
        return text
    url = _url(text)
    names = urlsplit(url).path.strip("/").split("/")
    if not all(names) or len(names) > 2:  # an emulator tells the account in the path
        raise ValueError("it is not the URL of a blob container")
    return url


def _api_url(text: str) -> str:
    url = _url(text)
    return url if url.endswith("/v1") else f"{url}/v1"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _scopes(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    scopes, faults = [], []
    for one in filter(None, map(str.strip, text.split(","))):
        try:
            scopes.append(Scope.parse(one))
        except BadIdError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(scopes)


def _group(text: Any) -> Any:
    scope = Scope.parse(text) if isinstance(text, str) else text
    if scope and not scope.resource_group:
        raise ValueError("it is a subscription, not a resource group")
    return scope


def _selectors(text: Any) -> Any:
    parsed = parse_selectors(text) if isinstance(text, str) else text
    if isinstance(parsed, Selectors) and parsed.faults:
        raise ValueError("; ".join(parsed.faults))
    return parsed


def _rate(text: Any) -> Any:
    """Calls and seconds, from `10/10`."""
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", text)
    if not found:
        raise ValueError("it is not calls/seconds")
    return int(found[1]), int(found[2])


def _of_events(policy: Policy) -> Policy:
    if policy is Policy.REPORT:
        raise ValueError(
            "events have no policy report: to change nothing, stop the function endpoint_changed"
        )
    return policy


def _ncrontab(text: str) -> str:
    if len(text.split()) != 6:
        raise ValueError(f"it has {counted(len(text.split()), 'field')} where NCRONTAB has six")
    try:
        CronSim(text, _ANY_MOMENT)
    except CronSimError as error:
        raise ValueError(f"it does not parse: {error}") from error
    return text


def _resolved(value: Any) -> Any:
    """Azure leaves the reference itself as the value of a secret that it could not fetch."""
    if isinstance(value, str) and value.strip().lower().startswith(KEY_VAULT):
        raise ValueError(
            "its Key Vault reference was not resolved; give the app's identity the role Key Vault Secrets User"
        )
    return value


Url = Annotated[str, AfterValidator(_url)]
Store = Annotated[str, AfterValidator(_store)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
Scopes = Annotated[tuple[Scope, ...], NoDecode, BeforeValidator(_scopes), Field(min_length=1)]
Filter = Annotated[Selectors | None, NoDecode, BeforeValidator(_selectors)]
Rate = Annotated[tuple[int, int], NoDecode, BeforeValidator(_rate)]


class Settings(BaseSettings):
    """The settings of one deployment, under their names in the environment (in lower case)."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, arbitrary_types_allowed=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_reference(cls, value: Any) -> Any:
        return _resolved(value)

    clickhouse_org_id: UUID
    clickhouse_cloud_api_key: str
    clickhouse_cloud_api_secret: SecretStr
    clickhouse_api_url: ApiUrl = PUBLIC_API
    clickhouse_rate_limit: Rate = (10, 10)
    owner_id: str = Field(pattern=f"^{OWNER_PATTERN}$")
    endpoint_scopes: Scopes
    endpoint_tag: str = Field("clickhouse-services", min_length=1, max_length=512, pattern=r"^[^<>%&\\?/]+$")
    service_filter: Filter = None
    endpoint_id_kind: IdKind = IdKind.GUID
    dns_zone_scopes: Scopes | None = None
    dns_zone_choice: ZoneChoice = ZoneChoice.LINKED
    dns_zone_resource_group: Annotated[Scope | None, NoDecode, BeforeValidator(_group)] = None
    dns_adopt: bool = False
    dns_record_ttl: int = Field(300, ge=1, le=2**31 - 1)
    audit_schedule: Annotated[str, AfterValidator(_ncrontab)]
    audit_policy: Policy = Policy.REPORT
    event_policy: Annotated[Policy, AfterValidator(_of_events)] = Policy.SYNC
    max_removals: int = Field(20, ge=0)
    audit_deadline: int = Field(4, ge=1, le=9)
    pending_grace: int = Field(15, ge=0, le=7 * 24 * 60)
    report_store: Store | None = None
    outcome_topic_endpoint: Url | None = None
    azure_resource_manager_url: Url = PUBLIC_ARM

    @property
    def simulated(self) -> bool:
        """Whether Azure is played by something on this machine, to which no credential is sent."""
        return is_simulated(self.azure_resource_manager_url)

    @property
    def policies(self) -> Policies:
        return Policies(self.event_policy, self.audit_policy, self.max_removals)

    def config(self) -> DeploymentConfig:
        group = self.dns_zone_resource_group
        return DeploymentConfig(
            owner=self.owner_id,
            endpoint_scopes=self.endpoint_scopes,
            dns_scopes=_with(self.dns_zone_scopes or self.endpoint_scopes, group),
            zone_group=group,
            zone_choice=self.dns_zone_choice,
            tag=self.endpoint_tag,
            service_filter=self.service_filter,
            id_kind=self.endpoint_id_kind,
            dns_adopt=self.dns_adopt,
            record_ttl=self.dns_record_ttl,
        )


def is_simulated(url: str) -> bool:
    """Whether the URL is of something on this machine, which plays a cloud."""
    return _is_loopback(urlsplit(url).hostname or "")


def _with(scopes: tuple[Scope, ...], group: Scope | None) -> tuple[Scope, ...]:
    """The scopes and the group: a zone that is made in the group must be seen afterwards."""
    covered = group is None or any(scope.covers(group) for scope in scopes)
    return scopes if covered or group is None else (*scopes, group)


def read_settings() -> Settings:
    """The settings in this process's environment. Raises SettingsError with every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [_fault(one) for one in error.errors(include_input=False, include_url=False)]
    raise SettingsError(
        faults
    )  # out here, because pydantic's error holds all values and would be kept behind ours


def _fault(error: Any) -> str:
    name = str(error["loc"][0]).upper()
    missing = error["type"] in ("missing", "too_short")
    what = "is not set" if missing else f"is not usable: {error['msg'].removeprefix('Value error, ')}"
    return f"{name} {what}. Remedy: {_REMEDIES[name]}."
