"""What Terraform plans for the module, with a built-in resource in the place of each one of azapi.

The provider azapi is not reachable where the tests run. `terraform_data` takes any arguments, so Terraform itself
evaluates the expressions, counts and keys of the module.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2

from tests.support.snapshots import INFRA
from tests.support.terraform_module import TERRAFORM, plain

PROGRAM = shutil.which("terraform")
META = {"for_each", "count", "depends_on"}
WRITE_ONLY = {"sensitive_body", "sensitive_body_version"}
HOME = "11111111-1111-1111-1111-111111111111"
CLIENT = {"subscription_id": HOME, "tenant_id": "99999999-9999-9999-9999-999999999999"}
# What Azure would answer, for every kind of resource.
ANSWER = {
    "clientId": "client",
    "principalId": "principal",
    "vaultUri": "https://vault/",
    "primaryEndpoints": {"blob": "https://blob/"},
    "ConnectionString": "connection",
    "endpoint": "https://topic",
    "defaultHostName": "host",
}
REQUIRED = {
    "name": "demo",
    "location": "westus3",
    "clickhouse_org_id": "22222222-2222-4222-8222-222222222222",
    "clickhouse_api_key": "demo-key",
    "dns_zone_scopes": [f"/subscriptions/{HOME}/resourceGroups/rg-dns"],
}
# An attribute of a resource, whose key may contain brackets.
ATTRIBUTE = re.compile(r"(terraform_data\.\w+(?:\[(?:[^\[\]]|\[[^\]]*\])+\])?)\.(name|parent_id|identity)\b")


def plan(folder: Path, **variables: Any) -> list[dict[str, Any]]:
    """The arguments of every planned resource."""
    (folder / "main.tf.json").write_text(json.dumps(_stand_ins()))
    shutil.copy(TERRAFORM / "variables.tf", folder)
    shutil.copytree(TERRAFORM / "scopes", folder / "scopes", dirs_exist_ok=True)
    (folder / "terraform.tfvars.json").write_text(json.dumps(REQUIRED | variables))
    _terraform(folder, "init", "-input=false")
    _terraform(folder, "plan", "-input=false", "-out=plan")
    planned = json.loads(_terraform(folder, "show", "-json", "plan"))["planned_values"]["root_module"]
    found = [one["values"]["input"] for one in planned["resources"] if not one["name"].startswith("data_")]
    return sorted(found, key=lambda one: str(one["type"]))


def _terraform(folder: Path, *arguments: str) -> str:
    assert PROGRAM
    command = [PROGRAM, f"-chdir={folder}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- as installed
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _stand_ins() -> dict[str, Any]:
    resources = {name: _resource(args, name) for name, args in _named("resource")}
    for name, args in _named("data"):
        if name != "home":
            resources[f"data_{name}"] = _resource(args, name)
    outputs = {name: {"value": args["value"]} for name, args in _named("output", nested=False)}
    return {
        "locals": [*_blocks("locals"), {"client": CLIENT}],
        "module": dict(_named("module", nested=False)),
        "output": outputs,
        "resource": {"terraform_data": resources},
    }


def _blocks(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(TERRAFORM.glob("*.tf")):
        for block in hcl2.loads(path.read_text()).get(kind, []):
            yield _rewritten(plain(block))


def _named(kind: str, *, nested: bool = True) -> Iterator[tuple[str, dict[str, Any]]]:
    for block in _blocks(kind):
        for named in block.values() if nested else [block]:
            yield from named.items()


def _resource(args: Mapping[str, Any], name: str) -> dict[str, Any]:
    meta = {key: value for key, value in args.items() if key in META}
    if "depends_on" in meta:
        meta["depends_on"] = [one.strip("${}") for one in meta["depends_on"]]
    identity = {"principal_id": "topic", "principalId": "topic"}
    given = {key: value for key, value in args.items() if key not in META | WRITE_ONLY}
    answered = {"properties": ANSWER, "location": "westus3"} | given
    if name in ("system_topic", "existing_topic"):
        answered["identity"] = [identity] if name == "system_topic" else identity
    return {**meta, "input": answered}


def _rewritten(value: Any) -> Any:
    """Without comments, and with the stand-ins' names in expressions."""
    if isinstance(value, dict):
        return {key: _rewritten(one) for key, one in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_rewritten(one) for one in value]
    if not isinstance(value, str):
        return value
    value = value.replace("data.azapi_client_config.home", "local.client")
    value = value.replace("data.azapi_resource.", "terraform_data.data_")
    value = re.sub(r"azapi_(?:update_)?resource(?:_action)?\.", "terraform_data.", value)
    value = value.replace("${path.module}/..", str(INFRA))
    value = re.sub(r"\btopic\.identity\[", "topic.output.identity[", value)
    return ATTRIBUTE.sub(r"\1.output.\2", value)
