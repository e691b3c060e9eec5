"""Runs a deployed app on Microsoft's worker, in an environment with only the dependencies of the app.

    python deployed_app.py APP_DIR BODY

Indexes the app, calls its function `sync` with `BODY`, and prints one line of JSON: the triggers of the
functions, indexing errors, the response, and the path of each module.
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
    """Return the functions, the response and the modules of the app."""
    async with Worker(app_dir) as worker:
        request = RpcHttp(method="POST", url="http://localhost/api/sync", body=TypedData(bytes=body.encode()))
        result = await worker.http("sync", request)
        response = result.value if result else None
        if not (is_dataclass(response) and isinstance(response, RpcHttp)):
            raise TypeError(f"sync result no HTTP response: {result}")
        content = asdict(response)["body"].value
        return {
            "functions": {name: function.kind for name, function in worker.functions.items()},
            "errors": worker.errors,
            "status": response.status_code,
            "answer": content.decode() if isinstance(content, bytes) else content,
            "modules": {name: path for name, module in sys.modules.items() if (path := _file_of(module))},
        }


def _file_of(module: object) -> str | None:
    return getattr(module, "__file__", None)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))))  # noqa: T201 -- the test reads this output
