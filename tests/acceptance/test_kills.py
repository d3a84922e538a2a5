"""kill -9 in each state of the local flow, at the effects that matter, and a restart: one reply, nothing redone."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from tests.support.harnesses.bot import CLINIC, Place, headline, open_place, shown, words_of
from tests.support.harnesses.local_engine import SAMPLES, WORDS, error_rate, talk
from tests.support.machine.processes import alive, children, commands, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # a busy machine is no failure

CLIP = "sense_0890.ogg"
SLOW = pytest.mark.slow
KILLS = [
    # where the process dies, and what its row says then
    ("store.add_job.after=kill", "received"),
    pytest.param("audio.inspect.after=kill", "received", marks=SLOW),
    pytest.param("local.create.after=kill", "submitting", marks=SLOW),
    ("local.upload.after=kill", "submitting"),
    # The test below kills it there, too, in a longer recording.
    pytest.param("store.put_block.after=kill", "waiting", marks=SLOW),
    pytest.param("local.fetch.before=kill", "finishing", marks=SLOW),
    ("store.put_transcript.after=kill", "finishing"),
    pytest.param("slack.call.POST.before=kill:2", "replying", marks=SLOW),  # the first one is the status line
    ("slack.call.POST.after=kill:2", "replying"),
    pytest.param(
        "slack.call.DELETE.after=kill", None, marks=SLOW
    ),  # the status line is gone, but that is not written down
]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path) as found:
        found.ended_badly = True
        yield found


async def dies(place: Place) -> None:
    """The bot is killed, as the kernel would."""
    assert await place.bot.ends(240) == -signal.SIGKILL


async def expect_one_answer(place: Place, message: Message, words: str) -> Message:
    (reply,) = await place.answered(message)
    assert headline(reply)
    assert error_rate(words, words_of(reply)) <= 0.15, shown(reply)
    await place.settled(message, "done")
    assert place.thread(message) == [reply]
    return reply


@pytest.mark.parametrize(("failpoint", "state"), KILLS, ids=lambda value: str(value).partition("=")[0])
async def test_killed_anywhere_and_started_again_it_answers_once(
    place: Place, failpoint: str, state: str | None
) -> None:
    await place.start(failpoint)
    message = await place.upload(Upload(CLIP, SAMPLES / CLIP), channel=CLINIC)
    await dies(place)
    (job,) = place.jobs(message)
    if state is not None:
        assert job["state"] == state
    await place.start()
    await expect_one_answer(place, message, WORDS[CLIP])
    assert len(place.jobs(message)) == 1
    assert place.rows("SELECT count(*) AS n FROM job WHERE lease_token <> ''")[0]["n"] == 0


async def test_a_block_that_was_heard_before_the_kill_is_not_heard_again(place: Place, tmp_path: Path) -> None:
    path, words = talk(tmp_path / "talk.wav", 4)  # four minutes: two blocks
    # without speakers, whose names would be written over each block at the end
    await place.start("store.put_block.after=kill", LOCAL_SPEAKERS="none")
    message = await place.upload(Upload("talk.wav", path))
    await dies(place)
    assert [row["number"] for row in place.rows("SELECT number FROM block")] == [0]
    place.alter("UPDATE job SET due_at = due_at + 3600")  # it was to be looked at when it should be done
    await place.start("*=trace", LOCAL_SPEAKERS="none")
    await expect_one_answer(place, message, words)
    assert place.bot.reached("store.put_block.before") == 1
    assert place.bot.reached("local.create.before") == 0
    assert place.rows("SELECT number FROM block") == []


async def test_what_was_dropped_while_it_was_down_is_found_and_answered(place: Place) -> None:
    await place.start()
    marks = "SELECT value FROM cursor WHERE name LIKE 'catchup:%:C0CLINIC'"
    await place.until_row(lambda: place.rows(marks))
    began = float(place.rows(marks)[0]["value"].split()[0])
    await place.slack.until(lambda: time.time() > began + 1.0)  # Slack's answers tell whole seconds
    assert await place.bot.stop() == 0
    place.slack.delivery.flow = "drop"
    message = await place.upload(Upload(CLIP, SAMPLES / CLIP))
    place.slack.delivery.flow = "on"
    await place.start()
    await expect_one_answer(place, message, WORDS[CLIP])


async def test_the_engine_process_ends_with_the_bot_that_is_killed(place: Place) -> None:
    await place.start()
    await place.upload(Upload("jfk.wav", SAMPLES / "jfk.wav"))
    pid = place.bot.process.pid
    await until(lambda: any("local.child_main" in commands(child) for child in children(pid)))
    (engine,) = (child for child in children(pid) if "local.child_main" in commands(child))
    place.bot.signal(signal.SIGKILL)
    await dies(place)
    await until(lambda: not alive(engine))
