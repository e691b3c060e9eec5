"""What Azure still has to do for an endpoint: reported, and reason enough for its event to come again.

| the endpoint                                              | what is done                 | reported             |
|-----------------------------------------------------------|------------------------------|----------------------|
| is Deleting                                               | nothing                      | endpoint-in-progress |
| is tagged, and Failed                                     | nothing                      | endpoint-failed      |
| is tagged, and connected to nothing yet                   | nothing                      | endpoint-in-progress |
| is to be connected, and is in any state but Succeeded     | everything                   | endpoint-in-progress |
| is to be connected, and has no GUID yet                   | its record; access if it is  | endpoint-in-progress |
|                                                           | registered by its ARM id     |                      |
| is to be connected, and has no interface or address yet   | its access                   | endpoint-in-progress |

An event that meets `endpoint-in-progress` fails temporarily. The audit only reports it, and what such an endpoint
lacks is no drift.
"""

from collections.abc import Iterator, Mapping

from shared.domain.model.findings import IN_PROGRESS, Finding
from shared.domain.model.ids import ResourceId
from shared.domain.model.resources import Endpoint, ProvisioningState
from shared.domain.model.snapshot import ReadEndpoint, Snapshot, addresses_of
from shared.domain.planning.classification import Verdict


def findings_on_progress(snapshot: Snapshot, verdicts: Mapping[ResourceId, Verdict]) -> Iterator[Finding]:
    """The last column of the table, with the reasons."""
    for endpoint, verdict in verdicts.items():
        found = snapshot.get(ReadEndpoint(endpoint))
        if not isinstance(found, Endpoint):
            continue
        if verdict is Verdict.FAILED:
            message = "its provisioning state is Failed: it is given nothing, and keeps what it has"
            yield Finding("endpoint-failed", str(endpoint), message)
        elif reasons := list(_reasons(snapshot, found, verdict)):
            yield Finding(IN_PROGRESS, str(endpoint), "; ".join(reasons))


def _reasons(snapshot: Snapshot, endpoint: Endpoint, verdict: Verdict) -> Iterator[str]:
    if verdict not in (Verdict.IN_PROGRESS, Verdict.MANAGE):
        return
    if endpoint.state != ProvisioningState.SUCCEEDED:
        yield f"its provisioning state is {endpoint.state or 'not reported'}"
    if not endpoint.is_connected:
        yield "it is not connected to anything yet"
    if verdict is Verdict.MANAGE and not endpoint.guid:
        yield "it has no resource GUID yet"
    if verdict is Verdict.MANAGE and addresses_of(snapshot, endpoint) == ():
        yield "it has no private address yet"
