"""New processes on Microsoft's worker: the time until functions are indexed, and that of the first event."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import child
from bench.rows import Goal, Row
from bench.sim import ROOT, Conditions, Sim, simulator
from bench.sizes import Sizes
from bench.stage import environment
from bench.worlds import STORAGE, Json, Shape, endpoint_id, event, fresh
from simulator.azure.events import change

_SHAPE = Shape(endpoints=1)
_UNTAGGED = Shape(endpoints=1, foreign=True)
_OURS = ("shared", "function_app", "bench")
_SDKS = ("azure.mgmt", "azure.core", "azure.identity", "aiohttp", "httpx", "pydantic")
_EMPTY = '''"""An app with one function that does nothing."""

import azure.functions as func

app = func.FunctionApp()


@app.event_grid_trigger(arg_name="event")
async def endpoint_changed(event: func.EventGridEvent) -> None:
    pass
'''


@dataclass(frozen=True)
class Apps:
    """The product, an empty app, and the product with all imports at module level."""

    product: Path
    empty: Path
    eager: Path


@dataclass(frozen=True)
class Kinds:
    """The measured programs. Each runs once per round, so that noise affects all alike."""

    empty: list[Json]
    other_resource: list[Json]
    untagged: list[Json]
    ours: list[Json]
    eager: list[Json]
    libraries: list[Json]


def measure(sizes: Sizes) -> list[Row]:
    """Medians of several rounds, after one that fills the file cache and determines the modules."""
    world = fresh(_SHAPE)
    with _apps() as apps, simulator(world, Conditions()) as sim:
        needed = _needed(_first(sim, world, apps.product))
        runs = Kinds(*_rounds(sizes, _programs(sim, world, apps, needed)))
        costs = child.import_times("coldstart", _order(apps.empty, modules=needed))
    return [
        *_index_rows(runs),
        *_other_resource_rows(runs),
        *_ours_rows(runs, _by_package(costs, needed)),
        *_untagged_rows(runs),
    ]


def _programs(sim: Sim, world: Json, apps: Apps, needed: list[str]) -> list[Callable[[], Json]]:
    other_resource = change(STORAGE, "Microsoft.Storage/storageAccounts", "write", "")
    return [
        lambda: _start(sim, _order(apps.empty, event=other_resource)),
        lambda: _start(sim, _order(apps.product, event=other_resource)),
        lambda: _first(sim, fresh(_UNTAGGED), apps.product),
        lambda: _first(sim, world, apps.product),
        lambda: _first(sim, world, apps.eager),
        lambda: _start(sim, _order(apps.empty, modules=needed)),
    ]


def _rounds(sizes: Sizes, programs: list[Callable[[], Json]]) -> list[list[Json]]:
    """The measurements of each program in each round."""
    rounds = [[program() for program in programs] for _ in range(sizes.starts)]
    return [list(runs) for runs in zip(*rounds, strict=True)]


def _order(app: Path, **what: object) -> Json:
    return {"app": str(app), **what}


def _start(sim: Sim, order: Json) -> Json:
    return child.run("coldstart", order, environment(sim) | {"PYTHONPATH": str(ROOT)})


def _first(sim: Sim, world: Json, app: Path) -> Json:
    """The first event, about the private endpoint of this world."""
    sim.reset(world)
    return _start(sim, _order(app, event=event(endpoint_id(_SHAPE, 0))))


def _needed(run: Json) -> list[str]:
    """The modules of libraries, in the order in which the event loaded them."""
    return [module for module in run["loaded"] if module.partition(".")[0] not in _OURS]


@contextmanager
def _apps() -> Iterator[Apps]:
    source = (ROOT / "function_app.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        apps = Apps(ROOT, Path(folder) / "empty", Path(folder) / "eager")
        for app, text in (
            (apps.empty, _EMPTY),
            (apps.eager, f"import shared.triggers.endpoint_changed\n{source}"),
        ):
            app.mkdir()
            (app / "function_app.py").write_text(text, encoding="utf-8")
        yield apps


def _ms(runs: list[Json], what: str) -> float:
    return 1000 * median(float(run[what]) for run in runs)


def _index_rows(runs: Kinds) -> list[Row]:
    empty, product, eager = (_ms(one, "index") for one in (runs.empty, runs.other_resource + runs.ours, runs.eager))
    detail = {
        "emptyMs": round(empty, 1),
        "productMs": round(product, 1),
        "allImportsAtTheTopMs": round(eager, 1),
    }
    return [
        Row(
            "Index time, fresh process: over that of an empty app",
            product / empty,
            "×",
            Goal("most", 1.3),
            "1: the worker's own work",
            detail=detail,
        ),
        Row(
            "Index time with all imports at module level: over that of an empty app",
            eager / empty,
            "×",
            peer="imports at the top",
        ),
    ]


def _other_resource_rows(runs: Kinds) -> list[Row]:
    what = "First event about another resource, fresh process"
    loaded = {module for run in runs.other_resource for module in run["loaded"] if module.startswith(_SDKS)}
    empty = _ms(runs.empty, "first")
    return [
        Row(
            what,
            _ms(runs.other_resource, "first"),
            "ms",
            Goal("under", 30),
            f"an empty function takes {empty:.1f} ms",
        ),
        Row(f"{what}: SDK modules imported", len(loaded), "", Goal("most", 0), "0"),
    ]


def _ours_rows(runs: Kinds, costs: dict[str, float]) -> list[Row]:
    what = "First event about a managed endpoint, fresh process"
    ours, libraries = _ms(runs.ours, "first"), _ms(runs.libraries, "first")
    until_done = [
        1000 * median(run["index"] + run["first"] for run in one) for one in (runs.ours, runs.eager, runs.empty)
    ]
    product, eager, empty = until_done
    return [
        Row(
            f"{what}: over importing its libraries",
            ours / libraries,
            "×",
            Goal("most", 1.5),
            "1: nothing but importing them",
            detail={"firstEventMs": round(ours), "librariesMs": round(libraries), "importMsByPackage": costs},
        ),
        Row(
            f"{what}, indexing included: over all imports at module level",
            product / eager,
            "×",
            peer="imports at the top",
        ),
        Row(f"{what}, indexing included: over an empty app", product / empty, "×", peer="an empty app"),
    ]


def _untagged_rows(runs: Kinds) -> list[Row]:
    """An endpoint without the tag, which only reading it shows."""
    what = "First event about an untagged endpoint, fresh process"
    loaded = {module for run in runs.untagged for module in run["loaded"] if module.startswith("azure.mgmt")}
    untagged, ours = _ms(runs.untagged, "first"), _ms(runs.ours, "first")
    return [
        Row(
            f"{what}: over that of a managed endpoint",
            untagged / ours,
            "×",
            Goal("under", 1),
            detail={"firstEventMs": round(untagged)},
        ),
        Row(f"{what}: management SDK modules imported", len(loaded), "", Goal("most", 0), "0"),
    ]


def _by_package(costs: dict[str, int], needed: list[str]) -> dict[str, float]:
    """The import time of each package in milliseconds, the largest first; small ones as one sum."""
    sums: Counter[str] = Counter()
    for module in needed:
        sums[_package(module)] += costs.get(module, 0)
    largest = {package: round(cost / 1000, 1) for package, cost in sums.most_common(12)}
    return {**largest, "others": round((sums.total() / 1000) - sum(largest.values()), 1)}


def _package(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:3] if parts[:2] == ["azure", "mgmt"] else parts[:2] if parts[0] == "azure" else parts[:1])
