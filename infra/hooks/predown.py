"""Before azd down asks: finds what the deployment has outside its resource group, and lists it. Deletes nothing.

postdown.py deletes what is listed here, after azd has deleted the resource group. If you answer no, nothing is deleted.
"""

from common import AzureError, environment_folder, required, say, sign_in_or_stop, stop, value
from deletion import LIST, save
from inventory import deployment, find, in_home_group


def main() -> None:
    name, subscription = required("AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID")
    file = environment_folder() / LIST
    sign_in_or_stop(subscription)
    try:
        owner = deployment()
        found = find(owner) if owner else None
    except AzureError as error:
        stop(f"What the deployment has outside its resource group could not be searched. Nothing was deleted.\n{error}")
    if owner is None or found is None:
        # A failing hook would keep azd from deleting what a failed first deployment left.
        say("No deployment was found, so nothing outside the resource group is deleted.")
        if file.exists():
            say(f"What an earlier azd down listed is still in {file}; it is deleted after azd down.")
        else:
            say("If azd provision finished once, run azd env refresh and azd down again. Otherwise search for roles")
            say(f"named 'clickhouse-privatelink ...', and resource groups with the tag azd-env-name = {name}.")
        return
    if found.shared and value("DELETE_SHARED_TOPICS").lower() != "true":
        stop(
            "Others have event subscriptions on system topics of this deployment. Nothing was deleted:\n  "
            + "\n  ".join(found.shared)
            + "\nMove them to another topic. If nobody needs them: azd env set DELETE_SHARED_TOPICS true"
        )
    outside = [item for item in found.items if not in_home_group(owner, item)]
    save(file, outside)
    if not outside:
        say("The deployment has nothing outside its resource group.")
    else:
        say("azd down also deletes these, outside the resource group of the deployment:")
    for item in outside:
        say(f"  {item}")
    if not owner.creates_roles:
        say("Others created the role assignments (ROLE_ASSIGNMENTS), so they are not deleted.")
    say("Registrations at ClickHouse Cloud and DNS records stay. See docs/deploy.md, 'Remove', to delete them first.")


if __name__ == "__main__":
    main()
