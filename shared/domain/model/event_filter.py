"""Which events of a subscription concern a private endpoint, in lower case: Azure's filters ignore letter case.

The function acts on these, the preflight asks event subscriptions for these, and infra/ subscribes to these.
"""

EVENT_TYPES = frozenset(
    {"microsoft.resources.resourcewritesuccess", "microsoft.resources.resourcedeletesuccess"}
)
OPERATIONS = frozenset(
    {
        "microsoft.network/privateendpoints/write",
        "microsoft.network/privateendpoints/delete",
        # Azure writes records for a zone group into the same zones.
        "microsoft.network/privateendpoints/privatednszonegroups/write",
        "microsoft.network/privateendpoints/privatednszonegroups/delete",
        # A PUT or PATCH of tags is a write. Only a DELETE of the whole set is a delete.
        "microsoft.resources/tags/write",
        "microsoft.resources/tags/delete",
    }
)
