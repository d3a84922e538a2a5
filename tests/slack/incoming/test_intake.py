"""What Slack tells becomes committed rows, and only then is Slack told so."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Outcome, State
from bot.domain.machine import Received
from bot.ports.store import ChannelSettings
from bot.slack.incoming.intake import FileShare
from simulators.slack.faults import Fault
from simulators.slack.model.objects import message_object
from simulators.slack.records import Message
from tests.support.harnesses.slack import CLIP, Upload, Workplace, workplace


async def test_a_dropped_recording_becomes_a_job_of_its_thread(either: Workplace) -> None:
    message, job = await either.upload()
    assert (job.origin.channel_id, job.origin.thread_ts, job.origin.message_ts) == ("C0CLINIC", message.ts, message.ts)
    assert (job.origin.user_id, job.file.name, job.expected_audio) == ("U0ALICE", "visit notes.m4a", True)
    assert "slack" in either.rung


async def test_an_upload_told_eleven_times_is_one_job(either: Workplace) -> None:
    message = await either.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, repeats=11)
    await either.slack.delivery.settled()
    assert len(await either.jobs()) == 1
    assert len({record.event_id for record in either.slack.delivery.records if record.type == "message"}) == 11
    assert (await either.jobs())[0].origin.message_ts == message.ts


async def test_both_events_of_an_upload_in_either_order_are_one_job(place: Workplace) -> None:
    for order in ("message_first", "shared_first"):
        await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, order=order)  # type: ignore[arg-type]  # a literal
        await place.slack.delivery.settled()
    place.clock.ahead += 30
    await place.until(lambda: _no_errands(place))
    assert len(await place.jobs()) == 2


async def _no_errands(place: Workplace) -> bool:
    return not await place.store.inbox_due("file_shared", place.clock.now())


async def test_a_thread_reply_is_answered_in_its_thread_and_not_under_itself(place: Workplace) -> None:
    root = place.slack.say_as("U0BOB", "C0CLINIC", "Where is the recording?")
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, thread_ts=root.ts)
    await place.slack.delivery.settled()
    (job,) = await place.jobs()
    assert (job.origin.thread_ts, job.origin.message_ts) == (root.ts, message.ts)


async def test_several_files_of_one_message_are_several_jobs(place: Workplace) -> None:
    await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, Upload("b.wav", b"RIFF"), Upload("notes.txt", b"text"))
    await place.slack.delivery.settled()
    assert [job.file.name for job in await place.jobs()] == ["visit notes.m4a", "b.wav"]


async def test_a_file_that_is_plainly_not_audio_is_left_alone(place: Workplace) -> None:
    await place.slack.upload_as("U0ALICE", "C0CLINIC", Upload("report.pdf", b"%PDF-"))
    await place.slack.delivery.settled()
    place.clock.ahead += 60
    await place.until(lambda: _no_errands(place))
    assert await place.jobs() == []


async def test_a_voice_clip_without_a_type_is_meant_as_audio(place: Workplace) -> None:
    _, job = await place.upload(upload=Upload("audio_message.m4a", b"x", mimetype="", subtype="slack_audio"))
    assert job.expected_audio


async def test_an_unknown_type_is_looked_into_without_a_promise(place: Workplace) -> None:
    _, job = await place.upload(upload=Upload("recording", b"x", mimetype="application/octet-stream"))
    assert not job.expected_audio


async def test_an_event_whose_job_cannot_be_written_is_not_acknowledged_and_its_repeat_is(either: Workplace) -> None:
    await either.sql(
        "CREATE TRIGGER full BEFORE INSERT ON job BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    )
    message = await either.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)

    def refused() -> bool:
        return any(r.outcomes and r.outcomes[0] != "ok" for r in either.slack.delivery.records if r.type == "message")

    async def was_refused() -> bool:
        return refused()

    await either.until(was_refused)
    assert await either.jobs() == []
    await either.sql("DROP TRIGGER full")
    await either.slack.delivery.settled()
    (record,) = [r for r in either.slack.delivery.records if r.type == "message"]
    assert record.outcomes[-1] == "ok"
    assert [job.origin.message_ts for job in await either.jobs()] == [message.ts]


async def test_a_bot_that_does_not_know_itself_yet_acknowledges_nothing(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False) as place:
        fault = place.slack.fault(Fault("auth.test", times=None, error="internal_error"))
        await place.room.start()
        await place.slack.until(lambda: place.slack.sockets.online)
        await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
        await place.until(lambda: _tried(place))
        assert await place.jobs() == []
        place.slack.faults.clear(fault.id)
        await place.slack.delivery.settled()
        assert len(await place.jobs()) == 1


async def _tried(place: Workplace) -> bool:
    return any(record.outcomes for record in place.slack.delivery.records if record.type == "message")


async def test_a_message_that_never_comes_is_made_up_for_by_file_shared(place: Workplace) -> None:
    place.slack.delivery.flow = "drop"
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    place.slack.delivery.flow = "on"
    me = await place.room.who.me()
    event = {"file_id": message.files[0], "channel_id": "C0CLINIC", "user_id": "U0ALICE"}
    await place.room.intake.file_shared(me, event)
    place.clock.ahead += 30
    await place.until(place.jobs)
    (job,) = await place.jobs()
    assert (job.origin.message_ts, job.origin.thread_ts) == (message.ts, message.ts)


async def test_a_channel_on_request_waits_to_be_asked(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    await place.slack.delivery.settled()
    place.clock.ahead += 30
    await place.until(lambda: _no_errands(place))
    assert await place.jobs() == []
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> please", thread_ts=message.ts)
    await place.until(place.jobs)
    (job,) = await place.jobs()
    assert (job.origin.message_ts, job.expected_audio) == (message.ts, True)


async def test_a_mention_where_there_is_no_recording_is_answered_to_the_asker_only(place: Workplace) -> None:
    root = place.slack.say_as("U0BOB", "C0CLINIC", "a thread")
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> hello?", thread_ts=root.ts)

    def whispered() -> bool:
        return any(m.ephemeral_to == "U0BOB" for m in place.slack.replies("C0CLINIC", root.ts))

    await place.slack.until(whispered)
    assert place.slack.calls("chat.postMessage") == 0


async def test_a_question_by_mention_in_the_channel_is_answered_there_with_what_to_do(place: Workplace) -> None:
    place.slack.workspace.users["U0BOB"].locale = "es-ES"
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> can you summarise?")

    def whispered() -> str:
        return " ".join(m.text for m in place.slack.messages("C0CLINIC") if m.ephemeral_to == "U0BOB")

    await place.slack.until(lambda: bool(whispered()))
    assert "Transcribo grabaciones, y este mensaje no tiene ninguna." in whispered()


async def test_a_mention_tries_a_failed_recording_again(place: Workplace) -> None:
    message, job = await place.upload()
    job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(ProblemCode.CORRUPT)))
    job = await place.answer(job)
    assert job.state is State.FAILED
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> again please", thread_ts=message.ts)
    await place.until(lambda: place.jobs(State.RECEIVED))


async def test_a_file_sent_to_the_bot_is_transcribed_even_where_channels_must_ask(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "D0ALICE", ChannelSettings(automatic=False))
    _, job = await place.upload(channel="D0ALICE")
    assert job.origin.channel_id == "D0ALICE"


async def test_a_deleted_file_ends_its_job_and_purges_what_is_stored(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.people.delete_file("U0ALICE", message.files[0])

    async def asked() -> bool:
        row = await place.store.job(job.id)
        return row is not None and row.deleted_at is not None and row.cancel_by == ""

    await place.until(asked)


async def test_a_deleted_message_ends_its_jobs(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)

    async def asked() -> bool:
        row = await place.store.job(job.id)
        return row is not None and row.deleted_at is not None and row.cancel_by == ""

    await place.until(asked)


async def test_a_channel_is_greeted_once_however_often_the_bot_joins(place: Workplace) -> None:
    me = await place.room.who.me()
    place.slack.people.invite_bot("U0ALICE", "C0GENERAL")
    await place.slack.until(lambda: place.slack.calls("chat.postMessage") == 1)
    await place.room.intake.joined(me, {"channel": "C0GENERAL", "user": "U0BOT"})
    await place.slack.delivery.settled()
    await place.until(lambda: _none_due(place, "greeting"))
    assert sum(message.is_bot for message in place.slack.messages("C0GENERAL")) == 1


async def _none_due(place: Workplace, kind: str) -> bool:
    return not await place.store.inbox_due(kind, place.clock.now())


async def test_the_bots_own_files_are_never_transcribed(place: Workplace) -> None:
    me = await place.room.who.me()
    own = {"channel": "C0CLINIC", "ts": "1.2", "user": "U0BOT", "files": [{"id": "F1", "name": "a.mp3"}]}
    await place.room.intake.message(me, own)
    assert await place.jobs() == []


async def test_the_shortcut_transcribes_an_older_message_and_says_so(either: Workplace) -> None:
    either.slack.delivery.flow = "drop"
    message = await either.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    either.slack.delivery.flow = "on"
    outcome = await either.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message")
    assert outcome.acknowledged
    (job,) = await either.jobs()
    assert job.origin.message_ts == message.ts

    def told() -> bool:
        everything = [*either.slack.messages("C0CLINIC"), *either.slack.replies("C0CLINIC", message.ts)]
        return any(m.ephemeral_to == "U0BOB" and "On it" in m.text for m in everything)

    await either.slack.until(told)


async def test_an_undelivered_shortcut_is_not_taken_for_done(place: Workplace) -> None:
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    await place.slack.delivery.settled()
    await asyncio.gather(
        *(place.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message") for _ in "ab")
    )
    assert len(await place.jobs()) == 1
    assert (await place.jobs())[0].outcome is not Outcome.REFUSED


@pytest.fixture
async def elsewhere(place: Workplace) -> Message:
    """A recording in a channel that the bot does not answer in by itself, so that only what shows it counts."""
    await place.store.put_channel_settings("T0LOCAL", "C0CALLS", ChannelSettings(automatic=False))
    return await place.slack.upload_as("U0BOB", "C0CALLS", CLIP)


async def test_a_forwarded_recording_is_transcribed_where_it_was_forwarded_to(
    place: Workplace, elsewhere: Message
) -> None:
    forwarded = place.slack.forward_as("U0ALICE", "C0CLINIC", elsewhere, "can you read this for me")
    await place.slack.delivery.settled()
    (job,) = await place.jobs()
    assert (job.origin.channel_id, job.origin.thread_ts, job.origin.user_id) == ("C0CLINIC", forwarded.ts, "U0ALICE")
    assert (job.origin.file_id, job.expected_audio) == (elsewhere.files[0], True)


async def test_a_mere_link_to_a_recording_starts_nothing_in_a_channel(place: Workplace, elsewhere: Message) -> None:
    place.slack.forward_as("U0ALICE", "C0CLINIC", elsewhere, link=True)
    await place.slack.delivery.settled()
    assert await place.jobs() == []


@pytest.mark.parametrize("link", [False, True])
async def test_what_shows_a_recording_to_the_bot_directly_is_transcribed(
    place: Workplace, elsewhere: Message, link: bool
) -> None:
    forwarded = place.slack.forward_as("U0ALICE", "D0ALICE", elsewhere, link=link)
    message = place.slack.workspace.message("D0ALICE", forwarded.ts)
    assert message is not None
    me = await place.room.who.me()
    event = message_object(place.slack.workspace, message, metadata=False)
    await place.room.intake.message(me, {**event, "channel": "D0ALICE", "channel_type": "im"})
    (job,) = await place.jobs()
    assert (job.origin.channel_id, job.expected_audio) == ("D0ALICE", True)


@pytest.mark.parametrize("link", [False, True])
async def test_the_shortcut_and_a_mention_find_a_recording_in_what_a_message_shows(
    place: Workplace, elsewhere: Message, link: bool
) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    first = place.slack.forward_as("U0ALICE", "C0CLINIC", elsewhere, link=link)
    assert (await place.slack.shortcut_as("U0BOB", "C0CLINIC", first.ts, "transcribe_message")).acknowledged
    assert [job.origin.message_ts for job in await place.jobs()] == [first.ts]
    second = place.slack.forward_as("U0ALICE", "C0CLINIC", elsewhere, link=link)
    place.slack.say_as("U0BOB", "C0CLINIC", "<@U0BOT> please", thread_ts=second.ts)
    await place.until(lambda: _jobs_of(place, second))


async def _jobs_of(place: Workplace, message: Message) -> object:
    return await place.store.jobs_of_message("T0LOCAL", message.channel, message.ts)


async def test_a_direct_message_without_a_recording_is_answered_with_what_to_do(place: Workplace) -> None:
    place.slack.say_as("U0ALICE", "D0ALICE", "hello, are you there?")
    await place.slack.until(lambda: any("Send me a recording" in each.text for each in place.slack.messages("D0ALICE")))
    await place.slack.upload_as("U0ALICE", "D0ALICE", Upload("report.pdf", b"%PDF-"))
    await place.slack.until(
        lambda: any("this file is neither" in each.text for each in place.slack.messages("D0ALICE"))
    )
    assert await place.jobs() == []


async def test_nobody_is_interrupted_in_the_thread_of_a_transcript(place: Workplace) -> None:
    message, _ = await place.upload(channel="D0ALICE")
    place.slack.say_as("U0ALICE", "D0ALICE", "thank you", thread_ts=message.ts)
    await place.slack.delivery.settled()
    assert await place.store.inbox_due("direct_help", place.clock.now() + 60) == []


async def test_where_the_channel_must_ask_the_user_is_offered_a_button(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)

    def offers() -> list[Message]:
        return [each for each in place.slack.messages("C0CLINIC") if each.ephemeral_to == "U0ALICE"]

    await place.slack.until(lambda: bool(offers()))
    assert "only on request" in offers()[0].text
    assert (await place.slack.act_as("U0ALICE", offers()[0], "transcribe_on_request")).acknowledged
    await place.until(place.jobs)
    (job,) = await place.jobs()
    assert (job.origin.message_ts, job.expected_audio) == (message.ts, True)


async def test_in_a_thread_where_the_channel_must_ask_the_offer_is_in_the_thread(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    root = place.slack.say_as("U0BOB", "C0CLINIC", "where is it?")
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, thread_ts=root.ts)

    def offers() -> list[Message]:
        return [each for each in place.slack.replies("C0CLINIC", root.ts) if each.ephemeral_to == "U0ALICE"]

    await place.slack.until(lambda: bool(offers()))
    assert (await place.slack.act_as("U0ALICE", offers()[0], "transcribe_on_request")).acknowledged
    await place.until(place.jobs)
    assert [job.origin.message_ts for job in await place.jobs()] == [message.ts]


async def test_what_may_be_anything_is_not_offered(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    await place.slack.upload_as("U0ALICE", "C0CLINIC", Upload("contract.pdf", b"%PDF-", connect=True))
    await place.slack.delivery.settled()
    assert await place.store.inbox_due("on_request", place.clock.now() + 60) == []


async def offered(place: Workplace) -> Message:
    """The offer below a recording of Alice's, in a channel that wants to be asked."""
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP)

    def offers() -> list[Message]:
        return [each for each in place.slack.messages("C0CLINIC") if each.ephemeral_to == "U0ALICE"]

    await place.slack.until(lambda: bool(offers()))
    return offers()[0]


async def test_an_offer_waits_until_slack_takes_it(place: Workplace) -> None:
    place.slack.fault(Fault("chat.postEphemeral", status=429, retry_after=4))
    assert "only on request" in (await offered(place)).text


async def test_an_offer_whose_message_is_deleted_says_so(place: Workplace) -> None:
    offer = await offered(place)
    (message,) = [each for each in place.slack.messages("C0CLINIC") if each.files]
    place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    await place.slack.delivery.settled()
    await place.slack.act_as("U0ALICE", offer, "transcribe_on_request")

    await place.slack.until(lambda: "no audio or video file" in place.slack.messages("C0CLINIC")[-1].text)
    assert await place.jobs() == []


@pytest.mark.parametrize(("mention", "asked"), [("<@U0BOTH>", False), ("<@U0BOT>", True), ("<@U0BOT|scribe>", True)])
async def test_only_the_bots_own_name_asks_for_a_transcript(place: Workplace, mention: str, asked: bool) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC", ChannelSettings(automatic=False))
    shared = FileShare("C0CLINIC", {"text": f"{mention} listen", "ts": "1.1"})
    assert await place.room.intake.wanted(await place.room.who.me(), shared) is asked
