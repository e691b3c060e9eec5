"""A client of an Azure SDK that is created at its first use. Its errors are translated to ours."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from azure.core.exceptions import AzureError, HttpResponseError

from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import PermanentError, TemporaryError


@dataclass
class SdkClient(ABC):
    """One SDK client, for the resource at `url`. The SDK is slow to import, so that is done in a thread.

    `service`: its name in errors. `credential`: None for a resource on this machine, which gets no token.
    """

    service: ClassVar[str]

    url: str
    credential: Any
    _made: "asyncio.Task[Any] | None" = field(default=None, init=False)

    @abstractmethod
    def _make(self) -> Any:
        """Import the SDK and create its client."""

    async def _call[T](self, what: str, call: Callable[[Any], Awaitable[T]]) -> T:
        self._made = self._made or asyncio.create_task(asyncio.to_thread(self._make))
        client = await asyncio.shield(self._made)
        try:
            return await call(client)
        except HttpResponseError as error:
            code = getattr(error, "error_code", None) or error.reason
            text = f"{what}: {self.service} returned {error.status_code} {code}"[:LONGEST_ERROR]
            permanent = 400 <= (error.status_code or 0) < 500 and error.status_code != 429
            raise (PermanentError if permanent else TemporaryError)(text) from error
        except AzureError as error:
            raise TemporaryError(f"{what}: {type(error).__name__}: {error.message}"[:LONGEST_ERROR]) from error

    async def close(self) -> None:
        if self._made:
            await (await self._made).close()
