"""A client of an Azure SDK that is created at its first use. Its errors are translated to ours."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from shared.adapters.http_errors import cause_kind
from shared.adapters.json_fields import LONGEST_ERROR
from shared.domain.model.errors import Cause, CauseKind, PermanentError, TemporaryError


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
            if error.status_code is None and isinstance(error, ClientAuthenticationError):
                text = f"{what}: no token: {' '.join(error.message.split())}"[:LONGEST_ERROR]
                raise TemporaryError(text, cause=Cause(CauseKind.INVALID_CREDENTIAL)) from error
            code = getattr(error, "error_code", None) or error.reason
            text = f"{what}: {self.service} returned {error.status_code} {getattr(code, 'value', code)}"[:LONGEST_ERROR]
            permanent = 400 <= (error.status_code or 0) < 500 and error.status_code != 429
            family = PermanentError if permanent else TemporaryError
            raise family(text, cause=Cause(cause_kind(error.status_code))) from error
        except AzureError as error:
            text = f"{what}: {type(error).__name__}: {error.message}"[:LONGEST_ERROR]
            raise TemporaryError(text, cause=Cause(CauseKind.CONNECTION_LOST)) from error

    async def close(self) -> None:
        if self._made:
            await (await self._made).close()
