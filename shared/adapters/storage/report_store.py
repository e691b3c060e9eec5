"""The report store: a container in Azure Blob Storage, or a folder.

Both write a document completely or not at all, and the last write wins: of two audits at the same time, both stay
in the history.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ClassVar

from azure.core.exceptions import ResourceNotFoundError

from shared.adapters.sdk_client import SdkClient
from shared.domain.model.errors import PermanentError
from shared.domain.model.resources import NotFound


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The port `ReportStore` over a folder, which the first write creates."""

    folder: Path

    async def read(self, name: str) -> bytes | NotFound:
        try:
            return await asyncio.to_thread((self.folder / name).read_bytes)
        except FileNotFoundError:
            return NotFound()
        except OSError as error:
            raise PermanentError(f"reading {name} of the report store: {error}") from error

    async def write(self, name: str, document: bytes) -> None:
        try:
            await asyncio.to_thread(_replace, self.folder / name, document)
        except OSError as error:
            raise PermanentError(f"writing {name} to the report store: {error}") from error

    async def close(self) -> None:
        """Nothing to close."""


def _replace(target: Path, document: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, prefix=".", delete_on_close=False) as draft:
        draft.write(document)
        draft.close()
        Path(draft.name).replace(target)


@dataclass
class BlobStore(SdkClient):
    """The port `ReportStore` over a blob container, which must exist.

    Without a credential it is the storage emulator, which has a published key.
    """

    service: ClassVar[str] = "the store"

    async def read(self, name: str) -> bytes | NotFound:
        async def read(client: Any) -> bytes | NotFound:
            try:
                return bytes(await (await client.download_blob(name)).readall())
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", "") == "BlobNotFound":
                    return NotFound()
                raise

        return await self._call(f"reading {name} of {self.url}", read)

    async def write(self, name: str, document: bytes) -> None:
        async def write(client: Any) -> None:
            from azure.storage.blob import ContentSettings  # noqa: PLC0415 -- slow to import

            kind = ContentSettings(content_type="application/json")
            await client.upload_blob(name, document, overwrite=True, content_settings=kind)

        await self._call(f"writing {name} to {self.url}", write)

    def _make(self) -> Any:
        from azure.storage.blob._shared.parser import DEVSTORE_ACCOUNT_KEY  # noqa: PLC0415 -- slow to import
        from azure.storage.blob.aio import ContainerClient, LinearRetry  # noqa: PLC0415 -- slow to import

        return ContainerClient.from_container_url(
            self.url,
            self.credential or DEVSTORE_ACCOUNT_KEY,
            retry_policy=LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        )
