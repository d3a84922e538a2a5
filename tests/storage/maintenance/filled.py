"""A store with something in every table, what can be read back from it, and the command line that works on it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import RemoteJob
from bot.domain.machine import FAR_FUTURE, Received, Submitting
from bot.domain.transcript import Segment
from bot.domain.vocabulary import Replacement, StoredVocabulary, Vocabulary
from bot.ports.pieces import Piece
from bot.ports.provider import Pace
from bot.ports.store import ChannelSettings, JobFilter, JobStore, OutboxMessage, Phase, SearchFilter, SpeakerNames
from bot.text.search import terms
from storage import open_store
from storage.seal import key_id
from tests.storage.content.test_search import spoken
from tests.storage.content.test_transcripts import SAID, sharing
from tests.storage.samples import NOW, added, claimed, replaced, submitting, waiting
from tests.support.machine.bot_process import Bot

OTHER = bytes(range(1, 33))
SECRETS = tuple(
    f"unmistak{part}" for part in ("able", "word", "name", "push", "block", "piece", "reason", "address", "term")
)
ABLE, WORD, NAME, PUSH, BLOCK, PIECE, REASON, ADDRESS, TERM = SECRETS
JARGON = Vocabulary((TERM,), (Replacement("unmistakturn", "term"),))
INDEXED = (ABLE, WORD)  # what search finds them by, where it has an index


async def fill(store: JobStore, transcripts: int = 3) -> None:
    """Something in every table and every sealed column, a secret in each of these."""
    first = await spoken(store, f"{ABLE} here", title=f"A {WORD}")
    await sharing(store, first, "C2")
    for number in range(transcripts - 2):
        await spoken(store, f"{ABLE} number {number}", channel="C3")
    late = await spoken(store, "Ինչո՞ւ չեք եկել")
    await replaced(store, late, SAID)
    await store.save_speaker_names(first.id, SpeakerNames({"1": NAME}, {}, 1))
    busy = await submitting(store, user="U2", account="local")
    await store.put_block(busy.id, 0, [Segment(f"{BLOCK} one")], "en")
    await store.put_block(busy.id, 1, [Segment(f"{BLOCK} two")], None)
    await store.plan_pieces(busy.id, [Piece(0, 0.0, 590.5, "d0"), Piece(1, 590.5, 20.0, "d1")])
    await store.piece_sent(busy.id, 0, NOW)
    await store.piece_answered(busy.id, 0, [Segment(f"{PIECE} one")], "en", NOW + 1)
    await store.piece_sent(busy.id, 1, NOW)
    await claimed(store, "local")
    remote = await submitting(store, user="U3")
    await waiting(store)
    await store.apply(Submitting(remote).park(NOW, "401", "xosum"))
    refused = await added(store, user="U4")
    await store.apply(Received(refused).refuse(NOW, Problem(ProblemCode.PROVIDER_FAILED, {"detail": REASON}), "no"))
    uploading = await submitting(store, user="U5")
    address = f"https://{ADDRESS}.example"
    await store.apply(Submitting(uploading).created(NOW, RemoteJob("r9", address, NOW + 9)))
    await store.put_inbox("hook", "k1", "r9", PUSH.encode(), NOW, NOW)
    await store.put_inbox("hook", "k2", "r9", b"", NOW, NOW)
    await store.put_inbox("hook", "k3", "r9", b"used", NOW, NOW)
    await store.drop_inbox((await store.inbox_for("hook", "r9"))[-1].id)
    posted = OutboxMessage(f"reply:{first.id}", first.id, "C1", "1.0", Phase.POSTED, NOW, "5.5", "F9", NOW)
    await store.update_outbox(posted)
    await store.reserve("xosum", Pace(56, 4), NOW)
    for seconds in range(6):
        await store.record_latency("xosum", seconds * 10.0, seconds * 2.5 + 1)
    await store.put_channel_settings("T1", "C1", ChannelSettings("local", "hy", automatic=False, changed_at=NOW))
    await store.put_vocabulary("T1", "C1", StoredVocabulary(JARGON, 1, "U1", NOW))
    await store.put_cursor("catchup", "17.5")


async def told(store: JobStore) -> dict[str, object]:
    """All that the store tells through its methods."""
    jobs = await store.jobs(JobFilter(limit=1000))
    found: dict[str, object] = {
        "inbox": [(item.id, item.key, item.payload) for item in await store.inbox_for("hook", "r9")],
        "latency": await store.latency("xosum"),
        "channel": await store.channel_settings("T1", "C1"),
        "vocabulary": await store.vocabulary("T1", "C1"),
        "cursor": await store.cursor("catchup"),
        "due": await store.next_due("xosum"),
        "verify": sorted(message.key for message in await store.outbox_to_verify(FAR_FUTURE)),
        "found": [await searched(store, typed) for typed in (ABLE, WORD, "ինչու", "hello", "nothing")],
    }
    for job in jobs:
        found[job.id] = (
            job,
            await store.transcript(job.id),
            await store.speaker_names(job.id),
            await store.blocks(job.id),
            await store.pieces(job.id),
            await store.events(job.id),
            await store.outbox_of_job(job.id),
        )
    return found


async def searched(store: JobStore, typed: str) -> list[tuple[str, int]]:
    page = await store.search(SearchFilter("T1", terms(typed), ("C1", "C2", "C3"), limit=200))
    return [(found.job.id, found.at) for found in page.found]


@asynccontextmanager
async def opened(url: str, key: bytes | None = None) -> AsyncIterator[JobStore]:
    """The store of a database; closed whatever happens, for its threads would outlive the test."""
    store = await open_store(url, key)
    try:
        yield store
    finally:
        await store.close()


def key_text(*keys: bytes) -> str:
    """Keys as the settings have them."""
    return ",".join(base64.b64encode(key).decode() for key in keys)


def head(key: bytes) -> bytes:
    """How a value begins that this key sealed."""
    return b"\x01" + key_id(key)


async def command(
    directory: Path, url: str, *arguments: str, points: str = "", key: bytes | None = None, old: tuple[bytes, ...] = ()
) -> Bot:
    """Start one command on a database."""
    environment = {"DATABASE_URL": url, "THREADSCRIBE_FAILPOINTS": points}
    environment |= {"STORAGE_KEY": key_text(key)} if key else {}
    environment |= {"STORAGE_KEY_OLD": key_text(*old)} if old else {}
    return await Bot.start(directory, environment, *arguments, module="bot.failpoints" if points else "bot")


async def run(
    directory: Path, url: str, *arguments: str, points: str = "", key: bytes | None = None, old: tuple[bytes, ...] = ()
) -> Bot:
    """Run one command on a database to its end."""
    bot = await command(directory, url, *arguments, points=points, key=key, old=old)
    await bot.ends()
    assert not any("Traceback" in line for line in bot.lines), bot.lines
    return bot


async def lying(url: str, server: Path | None) -> bytes:
    """Every byte that the database has on disk, but for the logs of a PostgreSQL server."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert server is not None
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")  # what is in memory only, and the files of tables that are gone
    folder = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    await connection.close()
    return b"".join(file.read_bytes() for file in (server / "data" / "base" / str(folder)).iterdir())


def only_line(bot: Bot) -> str:
    """The one sentence that a command ends with when it refuses."""
    assert bot.out == []
    (line,) = bot.lines
    assert line.startswith("threadscribe: ")
    return line
