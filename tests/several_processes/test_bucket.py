"""Machines that share a bucket of S3 and no directory, on one PostgreSQL."""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.blobs import S3Blobs
from bot.configuration import load_settings, serve_faults
from bot.domain.errors import Misconfigured, StepError, Transient
from bot.network import Network
from bot.providers.findings import bucket_findings
from bot.providers.local.bucket import PIECE_BYTES, JobObjects
from bot.providers.local.job_files import BlockNote, JobFiles, Request
from simulators.slack.file_store import Upload
from tests.several_processes.test_machines import MARKER, SOON, holding, tables
from tests.support.harnesses.fleet import Fleet, open_fleet, ready
from tests.support.harnesses.local_engine import talk
from tests.support.machine.bot_process import base_environment
from tests.support.machine.s3 import BUCKET, S3Server, s3_server

POSTGRES = "postgresql://bot@db.example/bot"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
NOTE = BlockNote(0.9, 12.0, True)
ASKED = Request(PIECE_BYTES + 5, "en", 60.0, ["Ani"], "2")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def blobs(server: S3Server, prefix: str, **more: str) -> S3Blobs:
    environment = server.environment(f"s3://{BUCKET}/{prefix}", **more) | {"DATABASE_URL": POSTGRES}
    return S3Blobs(load_settings(environment, None), Network(), "local")


async def _unseen(_: float) -> None:
    """Progress that nobody watches."""


def put(files: JobFiles, job_id: str, data: bytes, asked: Request) -> None:
    files.staging(job_id).write_bytes(data)
    files.put(job_id, asked)


@pytest.fixture
def machines(s3: S3Server, tmp_path: Path) -> tuple[JobFiles, JobObjects, JobFiles, JobObjects]:
    """Two machines: the files and the objects of each."""
    one, two = JobFiles(tmp_path / "one"), JobFiles(tmp_path / "two")
    prefix = tmp_path.name
    return one, JobObjects(blobs(s3, prefix), one), two, JobObjects(blobs(s3, prefix), two)


async def test_another_machine_gets_the_recording_and_its_blocks(
    machines: tuple[JobFiles, JobObjects, JobFiles, JobObjects],
) -> None:
    files, objects, other_files, other = machines
    data = bytes(range(256)) * (PIECE_BYTES // 256) + b"12345"
    put(files, "j1", data, ASKED)
    await objects.keep("j1", ASKED, _unseen)
    await objects.keep_block("j1", 0, NOTE, b"voices\nof 0")
    await other.bring("j1")
    assert other_files.audio("j1").read_bytes() == data
    assert other_files.asked("j1") == ASKED
    assert other_files.block("j1", 0) == (NOTE, b"voices\nof 0")
    assert await other.jobs() == ["j1"]
    await objects.keep_block("j1", 1, NOTE, b"")  # a block that came since
    await other.bring("j1")
    assert other_files.has_block("j1", 1)
    await other.forget("j1")
    assert await objects.jobs() == []
    await objects.bring("j2")
    assert not files.holds("j2"), "there is nothing of it"


async def test_a_recording_counts_once_its_last_piece_is_there(
    machines: tuple[JobFiles, JobObjects, JobFiles, JobObjects],
) -> None:
    files, objects, other_files, other = machines
    put(files, "j1", bytes(ASKED.size), ASKED)

    async def killed(_: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await objects.keep("j1", ASKED, killed)
    await other.bring("j1")
    assert not other_files.holds("j1")
    assert await other.jobs() == ["j1"], "what there is of it can be found, and deleted"
    await objects.keep("j1", ASKED, _unseen)
    await other.bring("j1")
    assert other_files.audio("j1").stat().st_size == ASKED.size


async def test_what_was_asked_last_replaces_what_a_machine_still_has(
    machines: tuple[JobFiles, JobObjects, JobFiles, JobObjects],
) -> None:
    files, objects, other_files, other = machines
    before = Request(3, "en", 1.0)
    put(other_files, "j1", b"old", before)
    other_files.put_block("j1", 0, NOTE, b"old")
    after = Request(3, "fr", 1.0)
    put(files, "j1", b"new", after)
    await objects.keep("j1", after, _unseen)
    await other.bring("j1")
    assert (other_files.audio("j1").read_bytes(), other_files.asked("j1")) == (b"new", after)
    assert not other_files.has_block("j1", 0)


async def refusal(store: S3Blobs) -> StepError:
    found = []
    for call in (store.check(), store.put("a/b", b""), store.names(), store.get("a/b"), store.delete("a")):
        with pytest.raises(StepError) as caught:
            await call
        found.append(caught.value)
    assert len({(type(error), error.detail) for error in found}) == 1, "each request says the same"
    return found[0]


async def test_what_the_operator_must_change_is_said_plainly(s3: S3Server) -> None:
    wrong = S3Blobs(load_settings(s3.environment("s3://nowhere/x"), None), Network(), "local")
    error = await refusal(wrong)
    assert isinstance(error, Misconfigured)
    assert error.detail == "the bucket nowhere of BLOB_URL does not exist"
    error = await refusal(blobs(s3, "x", BLOB_SECRET_ACCESS_KEY="another"))
    assert isinstance(error, Misconfigured)
    assert error.detail == f"the bucket {BUCKET} refuses these credentials (SignatureDoesNotMatch)"
    error = await refusal(blobs(s3, "x", BLOB_ACCESS_KEY_ID="AKIANOBODY"))
    assert error.detail == f"the bucket {BUCKET} refuses these credentials (InvalidAccessKeyId)"
    error = await refusal(blobs(s3, "x", BLOB_ENDPOINT="http://127.0.0.1:9"))
    assert isinstance(error, Transient)
    assert error.detail == f"the bucket {BUCKET} cannot be used at present (GenericError)"
    assert s3.secret not in repr(load_settings(s3.environment(), None))


def test_settings_that_cannot_work_together_are_refused_at_the_start(s3: S3Server) -> None:
    def faults(**more: str) -> list[str]:
        return serve_faults(load_settings(SLACK | {"DATABASE_URL": POSTGRES} | s3.environment(**more), None))

    assert faults() == []
    (fault,) = faults(DATABASE_URL="sqlite:///jobs.db")
    assert "set DATABASE_URL to PostgreSQL" in fault
    (fault,) = faults(SPOOL_SHARED="true")
    assert "one way" in fault
    (fault,) = faults(BLOB_SECRET_ACCESS_KEY="")
    assert "both" in fault


PASSES = """
import asyncio, json, resource, sys
from pathlib import Path
from bot.blobs import S3Blobs
from bot.configuration import load_settings
from bot.network import Network
from bot.providers.local.bucket import JobObjects
from bot.providers.local.job_files import JobFiles, Request

async def unseen(_): pass

async def passes(job):
    store = S3Blobs(load_settings(env_file=None), Network(), "local")
    files = JobFiles(Path("one"))
    asked = Request(files.audio(job).stat().st_size, None, None)
    await JobObjects(store, files).keep(job, asked, unseen)
    other = JobObjects(store, JobFiles(Path("two")))
    await other.bring(job)
    await other.forget(job)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main():
    small = await passes("small")
    print(json.dumps([small, await passes("large")]))

asyncio.run(main())
"""


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_large_recording_passes_with_flat_memory(s3: S3Server, tmp_path: Path) -> None:
    files = JobFiles(tmp_path / "one")
    for job_id, size in (("small", 2 * PIECE_BYTES), ("large", 13 * PIECE_BYTES + 1)):  # 104 MB
        with files.staging(job_id).open("wb") as file:
            for number in range(0, size, 1 << 20):
                file.write(number.to_bytes(8, "big") * (min(1 << 20, size - number) // 8))
            file.truncate(size)
        files.put(job_id, Request(size, None, None))
    environment = base_environment(tmp_path) | s3.environment(f"s3://{BUCKET}/large") | {"DATABASE_URL": POSTGRES}
    done = subprocess.run(
        [sys.executable, "-c", PASSES], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    small, large = json.loads(done.stdout)
    assert large - small < 2 * PIECE_BYTES // (1 << 20), "megabytes at the peak"
    other = JobFiles(tmp_path / "two")
    assert digest(other.audio("large")) == digest(files.audio("large"))
    assert s3.unfinished_uploads() == []


async def test_doctor_tries_the_bucket(s3: S3Server, tmp_path: Path, server: Path) -> None:
    async with open_fleet(tmp_path, server) as fleet:
        wrong = s3.environment(BLOB_SECRET_ACCESS_KEY="another", LOCAL_MODEL="/nowhere")  # which saves its self-test
        bot = await fleet.place.run("doctor", "--json", DATABASE_URL=fleet.url, **wrong)
        (found,) = [each for each in json.loads("".join(bot.out)) if each["subject"] == "Object storage"]
        assert not found["ok"]
        assert "refuses these credentials" in found["detail"]
        assert "BLOB_" in found["remedy"]
    (finding,) = await bucket_findings(blobs(s3, "doctor").check)
    assert finding.ok


async def test_a_wrong_bucket_is_shown_as_an_account_that_does_not_work(
    s3: S3Server, tmp_path: Path, server: Path
) -> None:
    async with open_fleet(tmp_path, server) as fleet:
        bot = await fleet.start("worker", **s3.environment("s3://nowhere"))
        await bot.until(lambda: bot.events("account broken"))
        assert "the bucket nowhere of BLOB_URL does not exist" in str(bot.events("account broken")[0])
        _, body = await ready(bot)
        assert "Account local does not work" in body


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_another_machine_goes_on_with_a_recording_and_a_deletion_reaches_the_bucket(
    s3: S3Server, tmp_path: Path, server: Path
) -> None:
    path, _ = talk(tmp_path / "talk.wav", 12)
    path.write_bytes(path.read_bytes() + b"LIST" + len(MARKER).to_bytes(4, "little") + MARKER + b"\0")
    async with open_fleet(tmp_path, server) as fleet:
        await blobs(s3, "tests").put("abandoned/audio/00000", b"of a machine that died and a job that is gone")
        more = s3.environment() | {"LOCAL_SPEAKERS": "none"}
        web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port), **more)
        await fleet.listens(web)
        first = await fleet.start("one", "--role", "worker", **more)
        message = await fleet.place.upload(Upload("talk.wav", path))

        async def begun() -> bool:
            return bool(await stored(fleet))

        await fleet.until(begun, 240)
        assert reads(fleet, message.files[0])
        await first.stop()
        assert marked(s3), "it is there for the others"
        until_then, read_before = await stored(fleet), reads(fleet, message.files[0])
        await fleet.start("two", "--role", "worker", **more)

        async def went_on() -> bool:
            return len(await stored(fleet)) > len(until_then)

        await fleet.until(went_on, 240)
        assert (await stored(fleet))[: len(until_then)] == until_then, "the first blocks are those of the other machine"
        assert holding(fleet, "two"), "it came from the bucket"
        assert reads(fleet, message.files[0]) == read_before, "and not from Slack"
        fleet.place.slack.people.delete_file("U0ALICE", message.files[0])

        async def gone() -> bool:
            return not (await tables(fleet) or holding(fleet, "web", "two") or marked(s3))

        await fleet.until(gone, SOON)
        await fleet.until(lambda: empty(s3), SOON)
        assert await gone()


async def stored(fleet: Fleet) -> list[tuple[object, ...]]:
    """The blocks of all jobs in order, each with the transaction that wrote it."""
    rows = await fleet.rows("SELECT number, xmin::text FROM block WHERE number >= 0 ORDER BY number")
    return [tuple(row.values()) for row in rows]


def reads(fleet: Fleet, file_id: str) -> int:
    """How often the bytes of the file were asked for in Slack."""
    return sum(file_id in entry.method for entry in fleet.place.slack.ledger.entries)


def marked(server: S3Server) -> list[str]:
    """The objects that have the marker."""
    return [key for key, data in server.objects().items() if MARKER in data]


async def empty(server: S3Server) -> bool:
    """Whether nothing is left of any recording."""
    return not [key for key in server.objects() if key.startswith("tests/")]
