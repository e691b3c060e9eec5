"""The report store: a container in Azure Blob Storage, or a folder.

Both write a document completely or not at all, and the last write wins: of two audits at the same time, both stay
in the history.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from shared.adapters.http_errors import cause_kind
from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import Cause, CauseKind, PermanentError, TemporaryError
from shared.domain.model.resources import NotFound


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The port `ReportStore` over a folder, which the first write creates."""

    folder: Path

    async def read(self, name: str) -> bytes | NotFound:
        return await asyncio.to_thread(self._read, name)

    async def write(self, name: str, document: bytes) -> None:
        await asyncio.to_thread(self._write, name, document)

    async def close(self) -> None:
        """Nothing to close."""

    def _read(self, name: str) -> bytes | NotFound:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return NotFound()
        except OSError as error:
            raise PermanentError(f"reading {name} of the report store: {error}") from error

    def _write(self, name: str, document: bytes) -> None:
        target = self.folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as draft:
                try:
                    draft.write(document)
                    draft.close()
                    Path(draft.name).replace(target)
                except BaseException:
                    Path(draft.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise PermanentError(f"writing {name} to the report store: {error}") from error


@dataclass
class BlobStore:
    """The port `ReportStore` over a blob container, which must exist.

    Without a credential it is the storage emulator, which has a published key. The SDK is imported in a thread.
    """

    container: str
    credential: Any
    _made: "asyncio.Task[Any] | None" = field(default=None, init=False)

    async def read(self, name: str) -> bytes | NotFound:
        client = await self._client()

        async def read() -> bytes | NotFound:
            try:
                return bytes(await (await client.download_blob(name)).readall())
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", "") == "BlobNotFound":
                    return NotFound()
                raise

        return await _translated(f"reading {name} of {self.container}", read)

    async def write(self, name: str, document: bytes) -> None:
        client = await self._client()
        from azure.storage.blob import ContentSettings  # noqa: PLC0415 -- slow to import

        kind = ContentSettings(content_type="application/json")
        await _translated(
            f"writing {name} to {self.container}",
            lambda: client.upload_blob(name, document, overwrite=True, content_settings=kind),
        )

    async def close(self) -> None:
        if self._made:
            await (await self._made).close()

    async def _client(self) -> Any:
        self._made = self._made or asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._made)

    def _make(self) -> Any:
        from azure.storage.blob._shared.parser import DEVSTORE_ACCOUNT_KEY  # noqa: PLC0415 -- slow to import
        from azure.storage.blob.aio import ContainerClient, LinearRetry  # noqa: PLC0415 -- slow to import

        return ContainerClient.from_container_url(
            self.container,
            self.credential or DEVSTORE_ACCOUNT_KEY,
            retry_policy=LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        )


async def _translated[T](what: str, call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or error.reason
        text = f"{what}: the store returned {error.status_code} {getattr(code, 'value', code)}"[:LONGEST_ERROR]
        permanent = 400 <= (error.status_code or 0) < 500 and error.status_code != 429
        family = PermanentError if permanent else TemporaryError
        raise family(text, cause=Cause(cause_kind(error.status_code))) from error
    except AzureError as error:
        text = f"{what}: {type(error).__name__}: {error.message}"[:LONGEST_ERROR]
        raise TemporaryError(text, cause=Cause(CauseKind.CONNECTION_LOST)) from error
