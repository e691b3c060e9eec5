import traceback
from typing import Any

import pytest

from shared.domain.model.deployment_config import IdKind, ZoneChoice
from shared.domain.model.ids import Scope
from shared.domain.model.selectors import parse_selectors
from shared.domain.planning.policy import Policies, Policy
from shared.settings import PUBLIC_API, PUBLIC_ARM, Settings, SettingsError, is_simulated, read_settings
from tests.support.real_clients import ORGANIZATION, SUBSCRIPTION

SECRET = "s3cr3t-never-exposed"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG-App"
NEEDED = {
    "CLICKHOUSE_ORG_ID": ORGANIZATION,
    "CLICKHOUSE_CLOUD_API_KEY": "key-id",
    "CLICKHOUSE_CLOUD_API_SECRET": SECRET,
    "OWNER_ID": "prod",
    "ENDPOINT_SCOPES": f"/subscriptions/{SUBSCRIPTION}",
    "AUDIT_SCHEDULE": "0 */15 * * * *",
}
REFERENCE = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/name/)"
NAMES = [name.upper() for name in Settings.model_fields]

BAD = [
    ("CLICKHOUSE_ORG_ID", "demo", "valid UUID"),
    ("CLICKHOUSE_API_URL", "http://api.clickhouse.cloud", "not https"),
    ("CLICKHOUSE_API_URL", "http://127.0.0.1.example.com", "not https"),
    ("CLICKHOUSE_API_URL", "ftp://127.0.0.1", "not https"),
    ("CLICKHOUSE_API_URL", "api.clickhouse.cloud", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://me:pass@api.clickhouse.cloud", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://:pass@api.clickhouse.cloud", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://api.clickhouse.cloud?x=1", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://api.clickhouse.cloud#x", "not a URL without"),
    ("CLICKHOUSE_API_URL", "https://api.clickhouse.cloud:port", "is invalid"),
    ("CLICKHOUSE_API_URL", "https://api.clickhouse.cloud:0", "port"),
    ("CLICKHOUSE_API_URL", "https://[::1", "is invalid"),
    ("CLICKHOUSE_RATE_LIMIT", "10", "calls/seconds"),
    ("CLICKHOUSE_RATE_LIMIT", "0/10", "calls/seconds"),
    ("AZURE_RESOURCE_MANAGER_URL", "http://management.azure.com", "not https"),
    ("OWNER_ID", "two words", "match pattern"),
    ("OWNER_ID", "x" * 65, "match pattern"),
    ("OWNER_ID", "prod\n", "match pattern"),
    ("ENDPOINT_SCOPES", "rg-app", "'rg-app' is neither"),
    ("ENDPOINT_SCOPES", "/subscriptions/not-a-guid", "is neither"),
    ("ENDPOINT_SCOPES", f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe1", "is neither"),
    ("ENDPOINT_SCOPES", f"{GROUP},/subscriptions", "'/subscriptions' is neither"),
    ("ENDPOINT_SCOPES", f"{GROUP}/../rg-other", "is neither"),
    ("ENDPOINT_SCOPES", " , ", "is not set"),
    ("DNS_ZONE_SCOPES", "everything", "'everything' is neither"),
    ("DNS_ZONE_CHOICE", "hub", "'linked' or 'central'"),
    ("DNS_ZONE_RESOURCE_GROUP", f"/subscriptions/{SUBSCRIPTION}", "not a resource group"),
    ("ENDPOINT_TAG", "a/b", "match pattern"),
    ("ENDPOINT_TAG", "x" * 513, "512"),
    ("SERVICE_FILTER", "tag:a=b=c", "tag:a=b=c"),
    ("ENDPOINT_ID_KIND", "both", "'guid' or 'resource_id'"),
    ("DNS_ADOPT", "perhaps", "boolean"),
    ("DNS_RECORD_TTL", "0", "greater than or equal to 1"),
    ("DNS_RECORD_TTL", "2147483648", "less than or equal"),
    ("DNS_RECORD_TTL", "5m", "integer"),
    ("AUDIT_SCHEDULE", "*/15 * * * *", "5 fields, NCRONTAB has six"),
    ("AUDIT_SCHEDULE", "0 61 * * * *", "not an NCRONTAB expression"),
    ("AUDIT_SCHEDULE", "every now and then it comes", "not an NCRONTAB expression"),
    ("AUDIT_POLICY", "repair", "'report', 'upsert' or 'sync'"),
    ("EVENT_POLICY", "report", "not available for events"),
    ("EVENT_POLICY", "repair", "'report', 'upsert' or 'sync'"),
    ("MAX_REMOVALS", "-1", "greater than or equal to 0"),
    ("MAX_REMOVALS", "10%", "integer"),
    ("AUDIT_DEADLINE", "0", "greater than or equal to 1"),
    ("PENDING_GRACE", "15m", "integer"),
    ("REPORT_STORE", "http://account.blob.core.windows.net/reports", "not https"),
    ("REPORT_STORE", "https://account.blob.core.windows.net/", "not the URL of a blob container"),
    ("REPORT_STORE", "https://account.blob.core.windows.net/reports?sig=abc", "not a URL without"),
    ("REPORT_STORE", "https://account.blob.core.windows.net/account/reports", "not the URL of a blob container"),
    ("REPORT_STORE", "http://127.0.0.1:10000/reports", "not http://127.0.0.1:<port>/<account>/<container>"),
    ("REPORT_STORE", "http://127.0.0.1:10000/", "not http://127.0.0.1:<port>/<account>/<container>"),
    ("REPORT_STORE", "http://127.0.0.1:10000/a/b/c", "not http://127.0.0.1:<port>/<account>/<container>"),
    ("REPORT_STORE", "http://[::1]:10000/account/reports", "not http://127.0.0.1:<port>/<account>/<container>"),
    (
        "REPORT_STORE",
        "https://account.blob.core.windows.net/reports/of/today",
        "not the URL of a blob container",
    ),
    ("OUTCOME_TOPIC_ENDPOINT", "topic", "not a URL without"),
]


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with the required settings only."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_defaults() -> None:
    """Six settings are required; the others have the documented defaults."""
    settings = read_settings()
    assert settings.clickhouse_api_url == PUBLIC_API == "https://api.clickhouse.cloud/v1"
    assert settings.azure_resource_manager_url == PUBLIC_ARM
    assert settings.endpoint_scopes == settings.config().dns_scopes == (Scope(SUBSCRIPTION),)
    assert settings.endpoint_tag == "clickhouse-services"
    assert settings.service_filter is None
    assert (settings.endpoint_id_kind, settings.audit_policy) == (IdKind.GUID, Policy.REPORT)
    assert (settings.event_policy, settings.dns_zone_choice) == (Policy.SYNC, ZoneChoice.LINKED)
    assert not settings.config().central
    assert (settings.dns_adopt, settings.dns_record_ttl, settings.max_removals) == (False, 300, 20)
    assert not is_simulated(settings.azure_resource_manager_url)


def test_empty_is_unset(env: pytest.MonkeyPatch) -> None:
    """An empty optional setting counts as not set."""
    given = read_settings()
    for name in NAMES:
        if name not in NEEDED:
            env.setenv(name, "")
    assert read_settings() == given


def test_nothing_set(env: pytest.MonkeyPatch) -> None:
    """In an empty environment every required setting is reported with a remedy."""
    for name in NEEDED:
        env.delenv(name)
    faults = _faults()
    assert [fault.split(" ")[0] for fault in faults] == list(NEEDED)
    assert all(" is not set. Remedy: set it to " in fault for fault in faults)


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_has_a_remedy(name: str) -> None:
    """Each setting says what to set it to."""
    assert Settings.model_fields[name.lower()].description


def test_everything_at_once(env: pytest.MonkeyPatch) -> None:
    """Missing, malformed and unresolved settings are reported in one error."""
    env.delenv("OWNER_ID")
    env.setenv("ENDPOINT_SCOPES", "one,two")
    env.setenv("AUDIT_SCHEDULE", "hourly")
    env.setenv("CLICKHOUSE_CLOUD_API_SECRET", REFERENCE)
    env.setenv("CLICKHOUSE_API_URL", "http://api.clickhouse.cloud")
    faults = _faults()
    assert [fault.split(" Remedy:")[0][:40] for fault in faults] == [
        "CLICKHOUSE_CLOUD_API_SECRET is invalid: ",
        "CLICKHOUSE_API_URL is invalid: not https",
        "OWNER_ID is not set.",
        "ENDPOINT_SCOPES is invalid: 'one' is nei",
        "ENDPOINT_SCOPES is invalid: 'two' is nei",
        "AUDIT_SCHEDULE is invalid: it has 1 fiel",
    ]
    assert all(fault in str(SettingsError(list(faults))) for fault in faults)


@pytest.mark.parametrize(("name", "value", "words"), BAD, ids=lambda text: repr(text)[:40])
def test_malformed(env: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """An invalid setting is reported by name, with the fault and a remedy."""
    env.setenv(name, value)
    (fault,) = _faults()
    assert fault.startswith((f"{name} is invalid: ", f"{name} is not set"))
    assert words in fault
    assert ". Remedy: " in fault


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reference", [REFERENCE, REFERENCE.lower(), f"  {REFERENCE}"])
def test_unresolved_reference(env: pytest.MonkeyPatch, name: str, reference: str) -> None:
    """An unresolved Key Vault reference is reported as such, in any setting."""
    env.setenv(name, reference)
    (fault,) = _faults()
    assert fault.startswith(f"{name} is invalid: its Key Vault reference was not resolved")
    assert "Key Vault Secrets User" in fault


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api.clickhouse.cloud", "https://api.clickhouse.cloud/v1"),
        ("https://api.clickhouse.cloud/", "https://api.clickhouse.cloud/v1"),
        ("https://api.clickhouse.cloud/v1", "https://api.clickhouse.cloud/v1"),
        ("https://api.clickhouse.cloud/v1/", "https://api.clickhouse.cloud/v1"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/v1"),
        ("http://127.0.0.9:8123/v1", "http://127.0.0.9:8123/v1"),
        ("http://localhost:8123", "http://localhost:8123/v1"),
        ("http://[::1]:8123", "http://[::1]:8123/v1"),
    ],
)
def test_api_url(env: pytest.MonkeyPatch, given: str, used: str) -> None:
    """The API's URL is accepted with and without /v1, and http only on this machine."""
    env.setenv("CLICKHOUSE_API_URL", given)
    assert read_settings().clickhouse_api_url == used


@pytest.mark.parametrize(
    ("url", "simulated"),
    [
        ("http://127.0.0.1:1/", True),
        ("http://localhost:1", True),
        ("https://management.usgovcloudapi.net", False),
    ],
)
def test_simulated(env: pytest.MonkeyPatch, url: str, simulated: bool) -> None:  # noqa: FBT001 -- a column
    """Azure counts as simulated only on this machine, so that no other host is called without credentials."""
    env.setenv("AZURE_RESOURCE_MANAGER_URL", url)
    assert is_simulated(read_settings().azure_resource_manager_url) is simulated


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("reports", "reports"),
        ("/home/reports/", "/home/reports/"),
        ("https://account.blob.core.windows.net/reports/", "https://account.blob.core.windows.net/reports"),
        (
            "http://127.0.0.1:10000/devstoreaccount1/reports",
            "http://127.0.0.1:10000/devstoreaccount1/reports",
        ),
    ],
)
def test_report_store(env: pytest.MonkeyPatch, given: str, used: str) -> None:
    """Reports are stored in a folder or in a blob container, also of an emulator."""
    env.setenv("REPORT_STORE", given)
    assert read_settings().report_store == used


def test_parsed_values(env: pytest.MonkeyPatch) -> None:
    """A rate, selectors, a resource group and policies are parsed; the group is searched for zones too."""
    env.setenv("CLICKHOUSE_RATE_LIMIT", "3/7")
    env.setenv("SERVICE_FILTER", "tag:env=prod")
    env.setenv("ENDPOINT_SCOPES", f"/subscriptions/{ORGANIZATION}")
    env.setenv("DNS_ZONE_RESOURCE_GROUP", GROUP)
    env.setenv("EVENT_POLICY", "upsert")
    settings, group = read_settings(), Scope(SUBSCRIPTION, "rg-app")
    assert settings.clickhouse_rate_limit == (3, 7)
    assert settings.service_filter == parse_selectors("tag:env=prod")
    assert (settings.config().zone_group, settings.config().dns_scopes) == (group, (Scope(ORGANIZATION), group))
    assert settings.policies == Policies(Policy.UPSERT, Policy.REPORT, 20)


def test_scopes(env: pytest.MonkeyPatch) -> None:
    """Scopes are subscriptions and resource groups in any letter case; DNS can have separate ones."""
    env.setenv("ENDPOINT_SCOPES", f" {GROUP.upper()} ,, /SUBSCRIPTIONS/{SUBSCRIPTION}/,")
    env.setenv("DNS_ZONE_SCOPES", GROUP)
    deployment = read_settings().config()
    assert deployment.endpoint_scopes == (Scope(SUBSCRIPTION, "rg-app"), Scope(SUBSCRIPTION))
    assert deployment.dns_scopes == (Scope(SUBSCRIPTION, "rg-app"),)


@pytest.mark.parametrize("broken", ["", "OWNER_ID", "ENDPOINT_SCOPES", "CLICKHOUSE_ORG_ID"])
def test_secret_is_never_exposed(env: pytest.MonkeyPatch, broken: str) -> None:
    """The secret is in no repr, text or error of the settings, nor in the context of an error."""
    if broken:
        env.setenv(broken, "???")
        with pytest.raises(SettingsError) as caught:
            read_settings()
        assert SECRET not in _everything_of(caught.value)
        assert caught.value.__context__ is None
    else:
        settings = read_settings()
        assert settings.clickhouse_cloud_api_secret.get_secret_value() == SECRET
        for text in (repr(settings), str(settings), repr(settings.config()), settings.model_dump_json()):
            assert SECRET not in text


def test_secret_is_never_exposed_when_something_is_missing(env: pytest.MonkeyPatch) -> None:
    """The error about a missing setting does not contain the secret either."""
    env.delenv("OWNER_ID")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert SECRET not in _everything_of(caught.value)


def _faults() -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings()
    return caught.value.faults


def _everything_of(error: BaseException | None) -> str:
    """Everything that a log can show of an error and its context."""
    texts: list[Any] = []
    while error:
        texts += [str(error), repr(error), error.args, *traceback.format_exception(error)]
        error = error.__context__
    return " ".join(map(str, texts))
