"""`threadscribe rekey`, as its operator runs it: everything readable afterwards, and nothing left of the old form."""

import os
import re
import signal
import sqlite3
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from tests.storage.maintenance.filled import (
    ABLE,
    INDEXED,
    OTHER,
    SECRETS,
    command,
    fill,
    head,
    key_text,
    lying,
    only_line,
    run,
    searched,
    told,
)
from tests.storage.samples import KEY, Opener
from tests.support.machine.bot_process import Bot
from tests.support.machine.terminal import at_a_terminal

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # where the other database shows nothing more
MANY = 45  # transcripts: more than two batches


@pytest.fixture
def place(request: pytest.FixtureRequest, url: str) -> Path | None:
    """The folder of the PostgreSQL server, if there is one."""
    if url.startswith("sqlite"):
        return None
    server: Path = request.getfixturevalue("server")
    return server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The SQLite file of those tests that need no other database."""
    return tmp_path / "jobs.db"


async def filled(reopen: Opener, transcripts: int = 3, key: bytes | None = None) -> dict[str, object]:
    store = await reopen(key)
    await fill(store, transcripts)
    found = await told(store)
    await store.close()
    return found


async def readable(reopen: Opener, *keys: bytes) -> dict[str, object]:
    store = await reopen(*keys[:1], old_keys=keys[1:])
    found = await told(store)
    await store.close()
    return found


def sealed_values(bot: Bot) -> int:
    """How many values a run has sealed, as it says."""
    match = re.match(r"Sealed (\d+) values", bot.out[0])
    assert match, bot.out
    return int(match[1])


def left(data: bytes, *secrets: str) -> list[str]:
    return [secret for secret in secrets if secret.encode() in data]


async def test_a_first_key_another_and_none_again_keep_everything_and_leave_nothing_of_what_was_before(
    reopen: Opener, url: str, tmp_path: Path, place: Path | None
) -> None:
    before = await filled(reopen)
    assert left(await lying(url, place), *SECRETS) == list(SECRETS)

    sealed = await run(tmp_path, url, "rekey", key=KEY)
    assert sealed.process.returncode == 0, sealed.lines
    count = sealed_values(sealed)
    assert count >= len(SECRETS)
    assert sealed.out == [
        f"Sealed {count} values with STORAGE_KEY (id {head(KEY)[1:].hex()}); 0 had that seal already."
    ]
    assert sealed.lines[0] == f"sealed 0 of {count} (0 %)"
    assert sealed.lines[-1] == f"sealed {count} of {count} (100 %)"
    assert left(await lying(url, place), *SECRETS) == []
    assert await readable(reopen, KEY) == before
    with pytest.raises(StoreError, match="STORAGE_KEY"):
        await reopen()

    again = await run(tmp_path, url, "rekey", key=OTHER, old=(KEY,))
    assert sealed_values(again) == count
    assert again.out[0].endswith("; 0 had that seal already; STORAGE_KEY_OLD can be removed now.")
    data = await lying(url, place)
    assert head(OTHER) in data
    assert head(KEY) not in data
    assert await readable(reopen, OTHER) == before
    with pytest.raises(StoreError, match="STORAGE_KEY"):
        await reopen(KEY)

    plain = await run(tmp_path, url, "rekey", "--plain", "--yes", key=OTHER)
    assert plain.process.returncode == 0, plain.lines
    assert plain.out[0].startswith(f"Stored {count} values unencrypted; 0 were unencrypted already; remove STORAGE_KEY")
    assert await readable(reopen) == before
    data = await lying(url, place)
    assert head(OTHER) not in data
    assert left(data, *INDEXED) == list(INDEXED)


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    reopen: Opener, url: str, tmp_path: Path, place: Path | None
) -> None:
    before = await filled(reopen, MANY, KEY)
    killed = await run(tmp_path, url, "rekey", key=OTHER, old=(KEY,), points="database.write.after=kill:3")
    assert killed.process.returncode == -signal.SIGKILL
    with pytest.raises(StoreError, match="STORAGE_KEY"):  # some of it has the old key
        await reopen(OTHER)
    with pytest.raises(StoreError, match="STORAGE_KEY"):
        await reopen(KEY)
    assert await readable(reopen, OTHER, KEY) == before
    if place is None:
        listed = await run(tmp_path, url, "jobs", key=OTHER, old=(KEY,))
        assert listed.process.returncode == 0, listed.lines
    again = await run(tmp_path, url, "rekey", key=OTHER, old=(KEY,))
    assert sealed_values(again) > 0
    assert "; 40 had that seal already" in again.out[0]
    assert await readable(reopen, OTHER) == before
    assert head(KEY) not in await lying(url, place)


@SQLITE
async def test_killed_before_the_end_it_still_leaves_nothing_readable_when_it_is_run_again(
    reopen: Opener, url: str, tmp_path: Path, place: Path | None
) -> None:
    before = await filled(reopen)
    killed = await run(tmp_path, url, "rekey", key=KEY, points="database.compact.before=kill")
    assert killed.process.returncode == -signal.SIGKILL
    assert left(await lying(url, place), ABLE) == [ABLE]
    again = await run(tmp_path, url, "rekey", key=KEY)
    assert again.out[0].startswith("Sealed 0 values")
    assert left(await lying(url, place), *SECRETS) == []
    assert await readable(reopen, KEY) == before


async def test_with_a_wrong_key_nothing_is_changed(reopen: Opener, url: str, tmp_path: Path) -> None:
    before = await filled(reopen, key=KEY)
    bot = await run(tmp_path, url, "rekey", key=OTHER, old=(bytes(32),))
    assert bot.process.returncode == 1
    assert "Nothing was changed" in only_line(bot)
    assert "Set STORAGE_KEY_OLD" in only_line(bot)
    assert await readable(reopen, KEY) == before
    with pytest.raises(StoreError):
        await reopen(OTHER)


async def test_it_is_refused_while_another_has_the_database(reopen: Opener, url: str, tmp_path: Path) -> None:
    store = await reopen()
    await fill(store)
    before = await told(store)
    bot = await run(tmp_path, url, "rekey", key=KEY)
    assert bot.process.returncode == 1
    assert "Another Threadscribe" in only_line(bot)
    assert "stop it first" in only_line(bot)
    assert await told(store) == before


@pytest.mark.parametrize(
    ("arguments", "key", "old", "code", "words"),
    [
        ((), None, "", 2, "STORAGE_KEY is not set"),
        (("--plain",), KEY, "", 2, "--yes"),
        ((), KEY, "bm9uZQ==", 2, "STORAGE_KEY_OLD"),
        ((), KEY, "", 1, "There is no database"),
    ],
)
async def test_bad_input_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], key: bytes | None, old: str, code: int, words: str
) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/none.db", "STORAGE_KEY_OLD": old}
    bot = await Bot.start(tmp_path, environment | {"STORAGE_KEY": key_text(key) if key else ""}, "rekey", *arguments)
    assert await bot.ends() == code
    assert words in only_line(bot)
    assert os.listdir(tmp_path) == []


@SQLITE
async def test_what_is_damaged_is_named_and_the_rest_is_done(
    reopen: Opener, url: str, file: Path, tmp_path: Path
) -> None:
    await filled(reopen, key=KEY)
    db = sqlite3.connect(file)
    with db:
        job_id, body = db.execute("SELECT job_id, body FROM speaker_names").fetchone()
        db.execute("UPDATE speaker_names SET body = ?", (body[:-1] + bytes([body[-1] ^ 1]),))
    db.close()
    bot = await run(tmp_path, url, "rekey", key=OTHER, old=(KEY,))
    assert bot.process.returncode == 1
    assert sealed_values(bot) > 0
    assert f"1 did not open and stayed as they were (speaker_names:{job_id})" in bot.lines[-1]
    with pytest.raises(StoreError, match="STORAGE_KEY"):  # what is left needs the old key
        await reopen(OTHER)
    store = await reopen(OTHER, old_keys=(KEY,))
    assert len(await searched(store, ABLE)) == 3


@SQLITE
async def test_words_that_have_lost_their_transcript_go_too(
    reopen: Opener, url: str, file: Path, tmp_path: Path
) -> None:
    await filled(reopen)
    db = sqlite3.connect(file)
    with db:
        db.execute("DELETE FROM transcript")
    db.close()
    bot = await run(tmp_path, url, "rekey", key=KEY)
    assert bot.process.returncode == 0, bot.lines
    assert left(await lying(url, None), *SECRETS) == []


@SQLITE
async def test_ctrl_c_stops_it_with_a_sentence(reopen: Opener, url: str, tmp_path: Path) -> None:
    before = await filled(reopen)
    bot = await command(tmp_path, url, "rekey", key=KEY, points="database.write.after=hold,*=trace")
    await bot.until(lambda: bot.reached("database.write.after"))
    bot.signal(signal.SIGINT)
    assert await bot.ends() == 130
    assert bot.lines[-1] == "threadscribe: Stopped: what was done stays. Run it again to go on."
    assert bot.out == []
    assert await readable(reopen, KEY) == before


@SQLITE
async def test_unsealing_asks_whether_it_is_meant(reopen: Opener, file: Path, tmp_path: Path) -> None:
    before = await filled(reopen, key=KEY)
    environment = {"DATABASE_URL": f"sqlite:///{file}", "STORAGE_KEY": key_text(KEY)}
    code, asked, said = await at_a_terminal(tmp_path, environment, "n", "rekey", "--plain")
    assert code == 1
    assert "unencrypted" in asked
    assert said == "threadscribe: nothing was changed.\n"
    assert await readable(reopen, KEY) == before
