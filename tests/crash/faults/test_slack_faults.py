"""Slack misbehaves: the real process against the simulated workspace. One answer, whatever Slack does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.slack.options import Options
from simulators.slack.records import BOT_USER
from simulators.xosum import XosumSimulator
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import ALICE, CLINIC, Place, fast_xosum, headline, open_place

pytestmark = pytest.mark.engine


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    options = Options(retry_delays=(0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0), share_delay=0.02)
    async with open_place(tmp_path, fast_xosum(), options=options, more={"CATCHUP_MINUTES": "0.05"}) as found:
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    return record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3").read_bytes()


def billed(place: Place) -> int:
    assert isinstance(place.service, XosumSimulator)
    return len(place.service.billed)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["message_first", "file_first"])
async def test_eleven_deliveries_across_restarts_make_one_job_and_one_reply(
    place: Place, recording: bytes, order: str
) -> None:
    place.ended_badly = True
    place.slack.delivery.pause_between = 0.4
    await place.start()
    uploaded = Upload("visit.mp3", recording)
    message = await place.slack.upload_as(ALICE, CLINIC, uploaded, repeats=11, order=order)  # type: ignore[arg-type]  # a literal
    for wait in (1, 4):
        await place.slack.until(lambda wait=wait: _told(place) >= wait, 30)  # type: ignore[misc]  # bound at once
        await place.bot.close()
        await place.start()
    await place.slack.until(lambda: place.slack.delivery.idle, 60)
    (reply,) = await place.answered(message)
    assert headline(reply)
    records = [each for each in place.slack.delivery.records if each.subtype == "file_share"]
    assert (len(records), _told(place) >= 3) == (11, True)
    assert len(place.jobs(message)) == 1
    assert billed(place) == 1


def _told(place: Place) -> int:
    records = place.slack.delivery.records
    return sum(record.subtype == "file_share" and "ok" in record.outcomes for record in records)


async def test_one_gesture_that_becomes_two_messages_is_answered_in_both(place: Place, recording: bytes) -> None:
    await place.start()
    first = await place.upload(Upload("visit.mp3", recording))
    (file_id,) = first.files
    again = place.slack.people.share(ALICE, CLINIC, [place.slack.workspace.files[file_id]])
    assert len(await place.answered(first)) == 1
    assert len(await place.answered(again)) == 1
    await place.settled(first, "done")
    await place.settled(again, "done")


@pytest.mark.slow
async def test_a_long_pause_that_slack_asks_for_is_kept_and_nothing_is_said_twice(
    place: Place, recording: bytes
) -> None:
    await place.start()
    place.slack.fault(Fault("chat.postMessage", times=2, status=429, retry_after=5))
    message = await place.upload(Upload("visit.mp3", recording))
    (reply,) = await place.answered(message)
    assert headline(reply)
    limited = [entry.time for entry in place.slack.ledger.of("chat.postMessage") if entry.error == "ratelimited"]
    posted = [entry.time for entry in place.slack.ledger.of("chat.postMessage") if not entry.error]
    assert min(posted) - max(limited) >= 4.9


@pytest.mark.parametrize("flaw", ["after", "later"])
async def test_a_post_whose_answer_is_lost_is_found_and_not_repeated(place: Place, recording: bytes, flaw: str) -> None:
    await place.start(REPLY_SETTLE_SECONDS="2")
    place.slack.fault(Fault("chat.postMessage", times=None, cut=flaw, delay=0.5, visible_after=0.5))  # type: ignore[arg-type]  # a literal
    message = await place.upload(Upload("visit.mp3", recording))
    (reply,) = await place.answered(message)
    assert headline(reply)
    await place.settled(message, "done")


async def test_a_parent_that_is_deleted_in_mid_job_ends_it(place: Place, recording: bytes) -> None:
    await place.start()
    place.slack.fault(Fault("/files-pri/*", times=None, pace=3000.0))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.until_row(lambda: [job for job in place.jobs(message) if job["state"] in ("received", "submitting")])
    place.slack.workspace.delete(message)
    place.slack.faults.clear()
    await place.until_row(lambda: place.jobs(message)[0]["state"] == "deleted")
    assert billed(place) == 0


async def test_removed_from_the_channel_in_mid_job_it_tells_the_person_and_ends(place: Place, recording: bytes) -> None:
    await place.start()
    held = place.slack.fault(Fault("chat.postMessage", times=None, hold="before"))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.until_row(lambda: [job for job in place.jobs(message) if job["state"] == "replying"])
    place.slack.workspace.leave(place.slack.workspace.channels[CLINIC], BOT_USER)
    place.slack.faults.clear(held.id)
    await place.settled(message, "failed")
    assert place.replies(message) == []
    direct = place.slack.workspace.direct_message(ALICE)
    await place.slack.until(lambda: bool(place.slack.messages(direct.id)))
    assert len(place.slack.messages(direct.id)) == 1


@pytest.mark.slow
async def test_ten_minutes_without_slack_cost_time_only(place: Place, recording: bytes) -> None:
    """Compressed into some seconds: every call fails, every socket is cut, then all is well again."""
    await place.start()
    service = place.service
    assert isinstance(service, XosumSimulator)
    service.settings.job_seconds = 2.0
    message = await place.upload(Upload("visit.mp3", recording))
    await place.until_row(lambda: [job for job in place.jobs(message) if job["state"] == "waiting"])
    down = place.slack.fault(Fault("*", times=None, status=503))
    await place.slack.disconnect("cut")
    late = await place.upload(Upload("late.mp3", recording + b"\0"))
    await place.until_row(lambda: place.jobs(message)[0]["state"] == "replying")
    await place.bot.until(lambda: place.bot.events("step failed", state="replying"), 40)
    place.slack.faults.clear(down.id)
    for each in (message, late):
        (reply,) = await place.answered(each, timeout=90)
        assert headline(reply)
    assert billed(place) == 2


@pytest.mark.slow
async def test_a_token_revoked_in_mid_job_parks_it_and_it_resumes_by_itself(place: Place, recording: bytes) -> None:
    await place.start()
    gone = place.slack.fault(Fault("chat.postMessage", times=None, error="token_revoked"))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.settled(message, "parked")
    assert len(place.bot.events("account broken", account="slack")) == 1
    place.slack.faults.clear(gone.id)
    (reply,) = await place.answered(message, timeout=90)  # asked again once a minute
    assert headline(reply)
    assert len(place.bot.events("account recovered", account="slack")) == 1
    assert billed(place) == 1
