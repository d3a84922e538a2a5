"""Machines that share jobs but no directory: who works on a job, and that a deletion reaches all of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.errors import StoreBusy
from bot.domain.transcript import Segment
from bot.ports.store import JobStore
from bot.providers.local.job_files import Outcome
from bot.providers.local.machine import LEASE_SECONDS, Machine
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.slack.file_store import Upload
from storage import open_store
from tests.storage.samples import NOW, waiting
from tests.support.harnesses.fleet import Fleet, open_fleet
from tests.support.harnesses.local_engine import SAMPLES, talk
from tests.support.virtual_time import Busy, VirtualClock, drive

MARKER = b"MARKER-7f3a91-of-this-recording"
SPOKEN = "ask not what your country"
TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
SOON = 60.0  # a busy machine; a process looks every 5 s


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    yield store
    await store.close()


async def turns(clock: VirtualClock, busy: Busy, seconds: float) -> None:
    """Let that time pass, with all that wakes in it."""
    until = clock.now() + seconds
    await drive(clock, busy, lambda: clock.now() >= until, seconds + 1)


async def test_a_job_belongs_to_the_machine_that_has_its_audio_until_that_is_gone(
    store: JobStore, tmp_path: Path
) -> None:
    clock, busy = VirtualClock(NOW), Busy()
    shared = busy.watch(store)
    one, two = (Machine(shared, clock, tmp_path / name) for name in "ab")
    job = await waiting(store, NOW, account="local")
    assert await one.take(job.id)
    assert not await two.take(job.id)
    await turns(clock, busy, 3 * LEASE_SECONDS)
    assert not await two.take(job.id), "it is renewed"
    await one.close()  # its directory is its own, so it may come back
    assert not await two.take(job.id)
    back = Machine(shared, clock, tmp_path / "a")
    assert await back.take(job.id)
    await back.close()
    await turns(clock, busy, LEASE_SECONDS + 1)
    assert await two.take(job.id)
    await two.close()


async def test_who_stood_still_leaves_the_job_to_the_other_and_stores_no_more_of_it(
    store: JobStore, tmp_path: Path
) -> None:
    clock, later = VirtualClock(NOW), VirtualClock(NOW + LEASE_SECONDS + 1)
    busy = Busy()
    one, two = Machine(busy.watch(store), clock, tmp_path / "a"), Machine(store, later, tmp_path / "b")
    lost: list[str] = []

    async def on_lost(job_id: str) -> None:
        lost.append(job_id)

    one.on_lost = on_lost
    job = await waiting(store, NOW, account="local")
    assert await one.take(job.id)
    assert await two.take(job.id)
    await turns(clock, busy, LEASE_SECONDS)
    await drive(clock, busy, lambda: bool(lost), LEASE_SECONDS)
    assert lost == [job.id]
    with pytest.raises(StoreBusy):
        await one.put_block(job.id, 0, [Segment("late", 0.0, 1.0)], "en")
    assert await two.put_block(job.id, 0, [Segment("words", 0.0, 1.0)], "en")
    await one.close()
    await two.close()


async def test_any_machine_knows_how_a_job_ended(store: JobStore, tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    one, two = (Machine(store, clock, tmp_path / name) for name in "ab")
    job = await waiting(store, NOW, account="local")
    assert await one.take(job.id)
    assert await one.put_block(job.id, 0, [Segment("words", 0.0, 1.0)], "en")
    assert await two.outcome(job.id) is None
    await one.end(job.id, Outcome(blocks=1, seconds=1.0, language="en", confidence=0.9))
    assert await two.outcome(job.id) == Outcome(blocks=1, seconds=1.0, language="en", confidence=0.9)
    assert [number for number, _, _ in await two.blocks(job.id)] == [0]
    await one.close()


async def test_processes_that_share_a_directory_are_different_machines(store: JobStore, tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    one, two = Machine(store, clock, tmp_path), Machine(store, clock, tmp_path)
    job, other = await waiting(store, NOW, account="local"), await waiting(store, NOW, account="local")
    assert await one.take(job.id)
    assert not await two.take(job.id)
    assert await two.take(other.id)
    await two.close()
    assert await one.take(other.id), "the audio is there for all, so it was given back"
    await one.close()


def holding(fleet: Fleet, *names: str) -> list[Path]:
    """The files of these machines that have the marker."""
    files = [path for name in names for path in fleet.spool(name).rglob("*") if path.is_file()]
    return [path for path in files if MARKER in path.read_bytes()]


async def tables(fleet: Fleet) -> list[str]:
    """The tables that have what was said, or the marker, in any column."""
    names = [str(row["name"]) for row in await fleet.rows(TABLES)]
    patterns = [f"%{pattern}%" for words in (SPOKEN.encode(), MARKER) for pattern in (words.decode(), words.hex())]
    return [
        name for name in names if await fleet.rows(f"SELECT 1 FROM {name} AS t WHERE t::text ILIKE ANY($1)", patterns)
    ]


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_a_deletion_told_to_one_machine_reaches_the_audio_and_the_words_on_the_other(
    tmp_path: Path, server: Path
) -> None:
    path, _ = talk(tmp_path / "talk.wav", 12)
    path.write_bytes(path.read_bytes() + b"LIST" + len(MARKER).to_bytes(4, "little") + MARKER + b"\0")
    async with open_fleet(tmp_path, server) as fleet:
        web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port))
        await fleet.listens(web)
        await fleet.start("worker", "--role", "worker", LOCAL_SPEAKERS="none")
        message = await fleet.place.upload(Upload("talk.wav", path))

        async def heard() -> bool:
            return "block" in await tables(fleet) and bool(holding(fleet, "worker"))

        await fleet.until(heard, 240)
        fleet.place.slack.people.delete_file("U0ALICE", message.files[0])

        async def gone() -> bool:
            return not await tables(fleet) and not holding(fleet, "web", "worker")

        await fleet.until(gone, SOON)

        async def over() -> object:
            return await fleet.rows("SELECT 1 FROM job WHERE state IN ('deleted', 'cancelled')")

        await fleet.until(over, SOON)
        assert await gone(), "and nothing comes after it"


async def test_audio_that_a_service_fetched_is_on_no_machine_afterwards(tmp_path: Path, server: Path) -> None:
    """A video is converted by the process that is asked to hand it over, and another one ends the job."""
    service = NablaSimulator(NablaSettings.model_validate({"job_seconds": 5.0}))
    async with open_fleet(tmp_path, server, service) as fleet:
        web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port))
        await fleet.listens(web)
        await fleet.start("worker", "--role", "worker")
        message = await fleet.place.upload(Upload("visit.mp4", SAMPLES / "jfk_video.mp4"))

        async def handed_over() -> bool:
            return bool(audio(fleet, "web"))

        await fleet.until(handed_over)
        assert await fleet.place.answered(message)

        async def clean() -> bool:
            return not audio(fleet, "web", "worker")

        await fleet.until(clean, SOON)


def audio(fleet: Fleet, *names: str) -> list[Path]:
    """The files of these machines but for those that say whose a directory is."""
    files = [path for name in names for path in fleet.spool(name).rglob("*") if path.is_file()]
    return [path for path in files if path.name not in ("owner", "machine", "spool-id")]
