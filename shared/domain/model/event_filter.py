"""The Event Grid events that concern a private endpoint, in lower case: Azure's filters ignore letter case.

The trigger acts on these events, `infra/` subscribes to them, and the preflight compares subscriptions with them.
"""

EVENT_TYPES = frozenset({"microsoft.resources.resourcewritesuccess", "microsoft.resources.resourcedeletesuccess"})
OPERATIONS = frozenset(
    {
        "microsoft.network/privateendpoints/write",
        "microsoft.network/privateendpoints/delete",
        # Azure writes the records of a zone group into the same zones.
        "microsoft.network/privateendpoints/privatednszonegroups/write",
        "microsoft.network/privateendpoints/privatednszonegroups/delete",
        # A PUT or PATCH of tags is a write. Only a DELETE of all tags is a delete.
        "microsoft.resources/tags/write",
        "microsoft.resources/tags/delete",
    }
)
