"""The config cache: a config that one process has read is not requested again by another."""

import asyncio
from dataclasses import replace

import pytest

from shared.domain.model.resources import Config
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.domain.reading.endpoints import FEW
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reader import read_all
from shared.reports.config_cache import ConfigCache
from shared.reports.report_repository import CONFIGS, ReportRepository
from tests.support.fakes import Cloud
from tests.support.stores import MemoryStore
from tests.support.worlds import ALIAS, OWNER, config, service, service_id, snapshot

ORGANIZATION = "22222222-2222-4222-8222-222222222222"
MAIN = service_id("main")
KNOWN = {MAIN: config("main")}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def repository(store: MemoryStore) -> ReportRepository:
    return ReportRepository(store, OWNER, ORGANIZATION, read_timeout=0.05, write_timeout=0.05)


async def test_configs_of_other_processes(repository: ReportRepository, store: MemoryStore) -> None:
    """Configs of other processes are loaded; those that this process has read take precedence."""
    other = {MAIN: Config(ALIAS.replace("0-0", "7-7"), KNOWN[MAIN].hostname), service_id("b"): config("b")}
    await repository.keep_configs(other)
    memory = ProcessCache(configs={ReadConfig(MAIN): KNOWN[MAIN]})
    cache = ConfigCache(repository, memory)
    await cache.load()
    await cache.load()
    assert memory.configs == {ReadConfig(MAIN): KNOWN[MAIN], ReadConfig(service_id("b")): config("b")}
    assert store.reads == [CONFIGS], "it is read once"


async def test_waiting_for_the_store(repository: ReportRepository, store: MemoryStore) -> None:
    """Many configs are requested only after the cache has loaded, and only those not in it; few do not wait."""
    many = [service_id(f"s{number}") for number in range(FEW + 1)]
    await repository.keep_configs(dict.fromkeys(many, KNOWN[MAIN]))
    store.slow = {CONFIGS}
    patient, memory = replace(repository, read_timeout=60.0, write_timeout=60.0), ProcessCache()
    ConfigCache(patient, memory).load()
    cloud = Cloud(services=[service(f"s{number}") for number in range(FEW + 1)])
    few = await read_all([ReadConfig(one) for one in many[:FEW]], cloud.systems, memory)
    assert len(few) == len(cloud.log.named("config")) == FEW
    waiting = asyncio.create_task(read_all(map(ReadConfig, many), cloud.systems, memory))
    await asyncio.sleep(0)
    store.awake.set()
    assert set((await waiting).values()) == {KNOWN[MAIN]}
    assert len(cloud.log.named("config")) == FEW


async def test_new_configs_are_stored(repository: ReportRepository, store: MemoryStore) -> None:
    """New configs are stored beside the known ones, without those of deleted services, and only when there are any."""
    await repository.keep_configs({**KNOWN, service_id("gone"): config("gone")})
    store.writes.clear()
    memory = ProcessCache()
    cache = ConfigCache(repository, memory)
    await cache.load()
    seen = snapshot(services=[service("main"), service("new")])
    await cache.keep(seen)
    assert store.writes == []
    memory.configs[ReadConfig(service_id("new"))] = config("new")
    await cache.keep(seen)
    await cache.keep(seen)
    assert store.writes == [CONFIGS]
    assert await repository.configs() == {**KNOWN, service_id("new"): config("new")}


async def test_unreadable_cache_is_not_overwritten(repository: ReportRepository, store: MemoryStore) -> None:
    """A cache that could not be read is not overwritten, and is read again in the next pass."""
    await repository.keep_configs(KNOWN)
    store.writes.clear()
    store.fails = {CONFIGS}
    memory = ProcessCache(configs={ReadConfig(service_id("new")): config("new")})
    cache = ConfigCache(repository, memory)
    await cache.keep(snapshot())
    await cache.load()
    await cache.keep(snapshot())
    assert store.writes == []
    store.fails = set()
    await cache.load()
    assert ReadConfig(MAIN) in memory.configs


async def test_unreadable_services(repository: ReportRepository) -> None:
    """A pass that could not read the services removes no config from the cache."""
    await repository.keep_configs(KNOWN)
    memory = ProcessCache()
    cache = ConfigCache(repository, memory)
    await cache.load()
    memory.configs[ReadConfig(service_id("new"))] = config("new")
    await cache.keep(Snapshot())
    assert await repository.configs() == {**KNOWN, service_id("new"): config("new")}
