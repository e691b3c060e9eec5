"""Runs in an environment that has a deployed app's dependencies and Microsoft's worker, and nothing else of ours.

    python deployed_app.py APP_DIR BODY

Indexes the app, hands `BODY` to its function `sync`, and prints one JSON line: the functions by name with
their triggers, why others could not be indexed, the answer, and where each module came from.
"""

import asyncio
import json
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from localhost.messages import RpcHttp, TypedData
from localhost.worker import Worker


async def main(app_dir: Path, body: str) -> dict[str, Any]:
    """What the app is and does on the worker."""
    async with Worker(app_dir) as worker:
        request = RpcHttp(method="POST", url="http://localhost/api/sync", body=TypedData(bytes=body.encode()))
        returned = await worker.http("sync", request)
        answer = returned.value if returned else None
        if not (is_dataclass(answer) and isinstance(answer, RpcHttp)):
            raise TypeError(f"sync returned no HTTP response: {returned}")
        said = asdict(answer)["body"].value
        return {
            "functions": {name: function.kind for name, function in worker.functions.items()},
            "errors": worker.errors,
            "status": answer.status_code,
            "answer": said.decode() if isinstance(said, bytes) else said,
            "modules": {name: path for name, module in sys.modules.items() if (path := _file_of(module))},
        }


def _file_of(module: object) -> str | None:
    return getattr(module, "__file__", None)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))))  # noqa: T201 -- for the test that reads it
