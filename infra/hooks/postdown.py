"""After azd down has deleted the resource group: deletes what predown.py listed. Can be repeated."""

from common import environment_folder, required, say, stop
from deletion import LIST, delete, load, save


def main() -> None:
    required("AZURE_ENV_NAME")
    file = environment_folder() / LIST
    if not file.exists():
        say("Nothing is listed for deletion outside the resource group.")
        return
    left = delete(load(file))
    if left:
        save(file, left)
        stop(f"{len(left)} could not be deleted; see above. Run azd hooks run postdown to try again.")
    file.unlink()


if __name__ == "__main__":
    main()
