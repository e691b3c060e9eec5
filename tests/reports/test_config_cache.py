"""The config cache: what one process has read of services, another one need not ask ClickHouse Cloud."""

import asyncio
from dataclasses import replace

import pytest

from shared.domain.model.resources import Config
from shared.domain.model.snapshot import ReadConfig, Snapshot
from shared.domain.reading.endpoints import FEW
from shared.reconciler.process_cache import ProcessCache
from shared.reconciler.reader import read_all
from shared.reports.config_cache import ConfigCache
from shared.reports.report_repository import CONFIGS, Archive
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
def archive(store: MemoryStore) -> Archive:
    return Archive(store, OWNER, ORGANIZATION, patience=(0.05, 0.05))


async def test_what_others_have_read(archive: Archive, store: MemoryStore) -> None:
    """What other processes have learnt is remembered; what this one has learnt itself goes first."""
    other = {MAIN: Config(ALIAS.replace("0-0", "7-7"), KNOWN[MAIN].hostname), service_id("b"): config("b")}
    await archive.keep_configs(other)
    memory = ProcessCache(configs={ReadConfig(MAIN): KNOWN[MAIN]})
    cache = ConfigCache(archive, memory)
    await cache.load()
    await cache.load()
    assert memory.configs == {ReadConfig(MAIN): KNOWN[MAIN], ReadConfig(service_id("b")): config("b")}
    assert store.reads == [CONFIGS], "once is enough"


async def test_waiting_for_the_store(archive: Archive, store: MemoryStore) -> None:
    """Many configs are asked for only once the store has answered, and not those that it knew; few do not wait."""
    many = [service_id(f"s{number}") for number in range(FEW + 1)]
    await archive.keep_configs(dict.fromkeys(many, KNOWN[MAIN]))
    store.slow = {CONFIGS}
    unhurried, memory = replace(archive, patience=(60.0, 60.0)), ProcessCache()
    ConfigCache(unhurried, memory).load()
    cloud = Cloud(services=[service(f"s{number}") for number in range(FEW + 1)])
    few = await read_all([ReadConfig(one) for one in many[:FEW]], cloud.systems, memory)
    assert len(few) == len(cloud.log.named("config")) == FEW
    waiting = asyncio.create_task(read_all(map(ReadConfig, many), cloud.systems, memory))
    await asyncio.sleep(0)
    store.awake.set()
    assert set((await waiting).values()) == {KNOWN[MAIN]}
    assert len(cloud.log.named("config")) == FEW


async def test_what_is_learnt_is_kept(archive: Archive, store: MemoryStore) -> None:
    """New configs are written, with what was there; those of services that are gone are not; and nothing else is."""
    await archive.keep_configs({**KNOWN, service_id("gone"): config("gone")})
    store.writes.clear()
    memory = ProcessCache()
    cache = ConfigCache(archive, memory)
    await cache.load()
    seen = snapshot(services=[service("main"), service("new")])
    await cache.keep(seen)
    assert store.writes == []
    memory.configs[ReadConfig(service_id("new"))] = config("new")
    await cache.keep(seen)
    await cache.keep(seen)
    assert store.writes == [CONFIGS]
    assert await archive.configs() == {**KNOWN, service_id("new"): config("new")}


async def test_unread_configs_are_not_written_over(archive: Archive, store: MemoryStore) -> None:
    """What could not be read is not written over, and is read again in another pass."""
    await archive.keep_configs(KNOWN)
    store.writes.clear()
    store.fails = {CONFIGS}
    memory = ProcessCache(configs={ReadConfig(service_id("new")): config("new")})
    cache = ConfigCache(archive, memory)
    await cache.keep(snapshot())
    await cache.load()
    await cache.keep(snapshot())
    assert store.writes == []
    store.fails = set()
    await cache.load()
    assert ReadConfig(MAIN) in memory.configs


async def test_unread_services_are_not_gone(archive: Archive) -> None:
    """A pass that could not read the services takes no config out of the cache."""
    await archive.keep_configs(KNOWN)
    memory = ProcessCache()
    cache = ConfigCache(archive, memory)
    await cache.load()
    memory.configs[ReadConfig(service_id("new"))] = config("new")
    await cache.keep(Snapshot())
    assert await archive.configs() == {**KNOWN, service_id("new"): config("new")}
