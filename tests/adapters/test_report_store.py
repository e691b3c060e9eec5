"""The report stores: a folder, and a blob container in Azurite with the real SDK."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob.aio import ContainerClient

from shared.adapters.storage.report_store import BlobStore, FolderStore
from shared.domain.model.errors import CauseKind, PermanentError, TemporaryError
from shared.domain.model.resources import NotFound
from shared.reconciler.ports import ReportStore
from tests.support.azurite import NoAzuriteError, azurite
from tests.support.real_clients import answering, http_answer

PUBLISHED_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class SignedOut:
    """A credential that has no token."""

    async def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        raise ClientAuthenticationError("run az login\nfirst")


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """The URL of a storage account."""
    try:
        with azurite() as url:
            yield url
    except NoAzuriteError as error:
        pytest.skip(f"no Azurite: {error}")


async def new_container(account: str) -> str:
    """Create a container and return its URL."""
    container = f"{account}/{uuid4()}"
    async with ContainerClient.from_container_url(container, PUBLISHED_KEY) as client:
        await client.create_container()
    return container


@pytest.fixture(params=["folder", "container"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReportStore]:
    opened: FolderStore | BlobStore
    if request.param == "folder":
        opened = FolderStore(tmp_path / "reports")
    else:
        opened = BlobStore(await new_container(request.getfixturevalue("account")), None)
    yield opened
    await opened.close()


async def test_write_and_read(store: ReportStore) -> None:
    """A document is read as it was last written, also with folders in its name."""
    name = "history/2026-11-23/06-00-00.json"
    assert await store.read(name) == NotFound()
    for document in (b"first", b"", "zweitens, größer".encode()):
        await store.write(name, document)
        assert await store.read(name) == document
    assert await store.read("latest.json") == NotFound()


async def test_concurrent_writes(store: ReportStore) -> None:
    """During and after concurrent writes, a read returns one complete document."""
    documents = [bytes([letter]) * 200_000 for letter in b"abcdef"]
    results = set()

    async def read_repeatedly() -> None:
        for _ in range(20):
            results.add(await store.read("latest.json"))

    await asyncio.gather(read_repeatedly(), *(store.write("latest.json", document) for document in documents))
    results.add(await store.read("latest.json"))
    assert results <= {NotFound(), *documents}


async def test_folder_contains_only_documents(tmp_path: Path) -> None:
    """The folder contains only the documents; a failed write leaves no file."""
    store = FolderStore(tmp_path)
    await store.write("a/b.json", b"x")
    (tmp_path / "c.json").mkdir()
    with pytest.raises(PermanentError, match=r"writing c\.json to the report store"):
        await store.write("c.json", b"x")
    names = await asyncio.to_thread(lambda: sorted(path.name for path in tmp_path.rglob("*")))
    assert names == ["a", "b.json", "c.json"]


async def test_unreadable_folder(tmp_path: Path) -> None:
    """A document that exists but cannot be read is an error, not NotFound."""
    (tmp_path / "latest.json").mkdir()
    with pytest.raises(PermanentError, match=r"reading latest\.json"):
        await FolderStore(tmp_path).read("latest.json")


async def test_missing_container(account: str) -> None:
    """A missing container is an error with its URL, not NotFound."""
    store = BlobStore(f"{account}/nowhere", None)
    with pytest.raises(PermanentError, match="/nowhere: the store returned 404 ContainerNotFound"):
        await store.read("latest.json")
    with pytest.raises(PermanentError, match="ContainerNotFound"):
        await store.write("latest.json", b"x")
    await store.close()


async def test_content_type(account: str) -> None:
    """Blobs have the content type application/json."""
    container = await new_container(account)
    store = BlobStore(container, None)
    await store.write("latest.json", b"{}")
    await store.close()
    async with ContainerClient.from_container_url(container, PUBLISHED_KEY) as client:
        properties = await client.get_blob_client("latest.json").get_blob_properties()
    assert properties.content_settings.content_type == "application/json"


async def test_wrong_key(account: str) -> None:
    """A 403 is a PermanentError."""
    store = BlobStore(await new_container(account), "bm90IHRoZSBrZXk=")
    with pytest.raises(PermanentError, match="403"):
        await store.read("latest.json")
    await store.close()


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_unavailable_storage(status: int) -> None:
    """A 5xx or 429 of the storage account is a TemporaryError."""
    with answering(http_answer(status, "")) as raw:
        store = BlobStore(f"{raw.url}/account/reports", None)
        with pytest.raises(TemporaryError, match=str(status)):
            await store.read("latest.json")
        await store.close()


async def test_unreachable_storage() -> None:
    """A storage account that cannot be reached is a TemporaryError."""
    with answering(b"") as raw:
        pass
    store = BlobStore(f"{raw.url}/account/reports", None)
    with pytest.raises(TemporaryError, match="ServiceRequestError"):
        await store.write("latest.json", b"x")
    await store.close()


def test_sdks_are_imported_on_demand() -> None:
    """The app's modules import neither the storage SDK nor the Event Grid SDK."""
    script = (
        "import sys, shared.triggers.endpoint_changed; "
        "print([m for m in ('azure.storage.blob', 'azure.eventgrid') if m in sys.modules])"
    )
    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert completed.stdout.strip() == "[]"


async def test_unused_container() -> None:
    """A store that was not used can be closed."""
    await BlobStore("https://account.invalid/reports", None).close()


async def test_no_token() -> None:
    """Without a token no request is sent, and the cause is the credential and not the network."""
    store = BlobStore("https://account.blob.core.windows.net/reports", SignedOut())
    with pytest.raises(TemporaryError, match=r"reading latest\.json of .*: no token: run az login first$") as raised:
        await store.read("latest.json")
    assert raised.value.cause.kind is CauseKind.INVALID_CREDENTIAL
    await store.close()
