"""What people do with a reply: download, rename the speakers, transcribe again, delete; and who may."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import FINAL, Job, Options, State
from bot.domain.machine import Received
from bot.domain.transcript import Segment, Transcript
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities
from simulators.slack.faults import Fault
from simulators.slack.records import Message, View
from tests.support.slack_harness import CLIP, Workplace, workplace

TALK = Transcript(
    (
        Segment("Good morning, how are you today?", 0.0, 4.0, "Speaker 1"),
        Segment("Much better, thank you.", 4.0, 8.0, "Speaker 2"),
    ),
    language="en",
    seconds=65.0,
    title="Speaker 2 is better",
    summary="Speaker 1 asks how Speaker 2 is. Speaker 10 is not there.",
    provider="xosum",
)
UNTIMED = replace(TALK, segments=tuple(replace(s, start=None, end=None) for s in TALK.segments))
LONG = replace(
    TALK,
    segments=tuple(Segment(f"Sentence number {n}. " * 20, n, n + 0.9, f"Speaker {n % 2 + 1}") for n in range(90)),
)
OFFERS = {
    "xosum": Capabilities(
        "Xosum",
        InputLimits(frozenset()),
        recording_types={"single_voice": "One voice", "phone_call": "Call"},
        default_options=Options(recording_type="single_voice"),
    ),
    "local": Capabilities("Local engine", InputLimits(frozenset()), languages={"en": "English", "es": "Spanish"}),
}


def shown(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a view."""
    return list(view["blocks"])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


async def done(
    place: Workplace, transcript: Transcript = TALK, channel: str = "C0CLINIC", user: str = "U0ALICE"
) -> tuple[Message, Job]:
    """A recording that has its reply."""
    message, job = await place.upload(channel, user)
    return message, await place.answer(await place.replying(job, transcript), transcript)


def reply(place: Workplace, message: Message) -> Message:
    """The bot's newest reply."""
    return [each for each in place.ours(message) if "threadscribe_reply" in str(each.metadata)][-1]


def whispers(place: Workplace, user: str) -> list[str]:
    """All that the bot told this person alone."""
    return [each.text for each in place.slack.workspace.all_messages() if each.ephemeral_to == user]


async def told(place: Workplace, user: str, said: str) -> None:
    await place.slack.until(lambda: any(said in each for each in whispers(place, user)))


def files(place: Workplace, message: Message) -> list[str]:
    """Names of the files that the bot has in the thread."""
    found = [place.slack.workspace.files[file] for each in place.ours(message) for file in each.files]
    return sorted(file.name for file in found if file.mode != "tombstone")


def content(place: Workplace, name: str) -> str:
    (path,) = [
        file.path for file in place.slack.workspace.files.values() if file.name == name and file.path is not None
    ]
    return path.read_text(encoding="utf-8")


async def choose(place: Workplace, message: Message, job: Job, extension: str, user: str = "U0ALICE") -> None:
    option = {"text": {"type": "plain_text", "text": extension}, "value": f"{job.id}.{extension}"}
    await place.slack.act_as(user, reply(place, message), "download_transcript", selected_option=option)


async def press(place: Workplace, message: Message, action: str, user: str = "U0ALICE") -> None:
    await place.slack.act_as(user, reply(place, message), action)


async def modal(place: Workplace, user: str, callback_id: str) -> View:
    """The modal that the person sees once it is filled."""

    def there() -> bool:
        view = place.slack.views.top(user)
        return view is not None and view.body["callback_id"] == callback_id

    await place.slack.until(there)
    view = place.slack.views.top(user)
    assert view is not None
    return view


async def rename(place: Workplace, message: Message, *names: str, user: str = "U0ALICE") -> dict[str, str]:
    await press(place, message, "rename_speakers", user)
    await modal(place, user, "rename_speakers")
    values = {f"speaker.{n}": {"name": {"type": "plain_text_input", "value": name}} for n, name in enumerate(names)}
    return await place.slack.submit_as(user, values)


async def again(place: Workplace, message: Message, service: str, user: str = "U0ALICE", **more: str) -> dict[str, str]:
    await press(place, message, "transcribe_again", user)
    await modal(place, user, "transcribe_again")

    def chosen(value: str) -> dict[str, object]:
        return {"type": "static_select", "selected_option": {"value": value}}

    values: dict[str, object] = {"service": {"again_service": chosen(service)}}
    values |= {f"{name}.{service}": {"choice": chosen(value)} for name, value in more.items()}
    return await place.slack.submit_as(user, values)


# download


@pytest.mark.parametrize("extension", ["txt", "srt", "vtt", "docx", "json"])
async def test_a_format_that_is_chosen_comes_into_the_thread(place: Workplace, extension: str) -> None:
    message, job = await done(place)
    await choose(place, message, job, extension)
    await place.slack.until(lambda: len(files(place, message)) == 1)
    assert files(place, message) == [f"visit notes.{extension}"]


async def test_a_second_press_points_to_the_file_that_is_there(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("files.getUploadURLExternal", times=None, delay=0.3))
    await asyncio.gather(*(choose(place, message, job, "srt", user) for user in ("U0ALICE", "U0BOB")))
    await place.slack.until(lambda: len(files(place, message)) >= 1)
    await place.slack.until(
        lambda: any("already" in said for user in ("U0ALICE", "U0BOB") for said in whispers(place, user))
    )
    await choose(place, message, job, "srt", "U0BOB")
    await told(place, "U0BOB", "The SRT file is in this thread already")
    assert files(place, message) == ["visit notes.srt"]


async def test_a_file_that_was_deleted_by_hand_is_made_again(place: Workplace) -> None:
    message, job = await done(place)
    for _ in range(2):
        await choose(place, message, job, "txt")
        await place.slack.until(lambda: len(files(place, message)) == 1)
        (file,) = [f for f in place.slack.workspace.files.values() if f.user == "U0BOT" and f.mode != "tombstone"]
        place.slack.workspace.delete_file(file)
    assert files(place, message) == []


async def test_a_cut_connection_while_sharing_makes_one_file(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("files.completeUploadExternal", cut="after"))
    await choose(place, message, job, "json")
    await place.slack.until(lambda: len(files(place, message)) == 1, timeout=20)
    row = await place.store.outbox_message(f"export:{job.id}:json:0")
    await place.until(lambda: _posted(place, f"export:{job.id}:json:0"))
    assert row is not None
    assert len(files(place, message)) == 1


async def _posted(place: Workplace, key: str) -> bool:
    row = await place.store.outbox_message(key)
    return row is not None and row.phase == "posted"


async def test_formats_that_need_times_are_not_offered_without_any(place: Workplace) -> None:
    message, job = await done(place, UNTIMED)
    shown = str(reply(place, message).blocks)
    assert f"{job.id}.docx" in shown
    assert f"{job.id}.srt" not in shown
    await choose(place, message, job, "srt")
    await told(place, "U0ALICE", "has no times")


async def test_where_files_are_refused_it_is_said(tmp_path: Path) -> None:
    async with workplace(tmp_path, uploads_refused="file_uploads_disabled") as place:
        message, job = await done(place)
        await choose(place, message, job, "txt")
        await told(place, "U0ALICE", "does not let me share this file")


# rename


async def test_names_go_into_reply_title_summary_and_files_and_the_labels_are_kept(place: Workplace) -> None:
    message, job = await done(place, LONG)
    await choose(place, message, job, "json")
    await place.slack.until(lambda: len(files(place, message)) == 2)
    assert await rename(place, message, "Dr. Ani <b>", "Ben & Co") == {}
    await place.slack.until(lambda: "Dr. Ani <b>" in str(reply(place, message).blocks))
    await place.slack.until(lambda: _only_renamed(place))
    shown = str(reply(place, message).blocks)
    assert "Ben & Co is better" in shown
    assert "Dr. Ani <b> asks how Ben & Co is. Speaker 10 is not there." in shown
    assert "Speaker 1:" not in content(place, "visit notes.txt")
    assert '"label": "Speaker 1"' in content(place, "visit notes.json")
    transcript = await place.store.transcript(job.id)
    assert transcript is not None
    assert transcript.speakers == ("Speaker 1", "Speaker 2")
    assert transcript.summary == LONG.summary
    await place.slack.until(lambda: len(place.ours(message)) == 3)


def _only_renamed(place: Workplace) -> bool:
    """Whether the file with the labels is gone, and the one with the names is there."""
    found = place.slack.workspace.files.values()
    paths = [f.path for f in found if f.name == "visit notes.txt" and f.mode != "tombstone" and f.path is not None]
    exports = [f for f in found if f.name == "visit notes.json" and f.mode != "tombstone"]
    return len(paths) == len(exports) == 1 and "Speaker 1:" not in paths[0].read_text(encoding="utf-8")


async def test_a_rename_is_undone_with_one_press(place: Workplace) -> None:
    message, job = await done(place)
    await rename(place, message, "Ani", "")
    await told(place, "U0ALICE", "The speakers are renamed")
    await place.slack.until(lambda: "*Ani*" in str(reply(place, message).blocks))
    (note,) = [m for m in place.slack.workspace.all_messages() if m.ephemeral_to == "U0ALICE"]
    await place.slack.act_as("U0ALICE", note, "undo_rename")
    await place.slack.until(lambda: "*Speaker 1*" in str(reply(place, message).blocks))
    await told(place, "U0ALICE", "The names are as they were before")
    assert (await place.store.speaker_names(job.id)).names == {}


async def test_the_modal_shows_the_labels_what_was_said_and_the_names_so_far(place: Workplace) -> None:
    message, _ = await done(place)
    await rename(place, message, "Ani", "Ben")
    await place.slack.until(lambda: "*Ani*" in str(reply(place, message).blocks))
    await press(place, message, "rename_speakers", "U0BOB")
    view = await modal(place, "U0BOB", "rename_speakers")
    first, second = shown(view.body)[1:]
    assert first["label"]["text"] == "Speaker 1"
    assert first["element"]["initial_value"] == "Ani"
    assert "how are you today" in first["hint"]["text"]
    assert second["element"]["initial_value"] == "Ben"


async def test_of_two_people_who_rename_at_once_the_second_is_told(place: Workplace) -> None:
    message, job = await done(place)
    for user in ("U0ALICE", "U0BOB"):
        await press(place, message, "rename_speakers", user)
        await modal(place, user, "rename_speakers")
    one = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    other = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ben"}}}
    assert await place.slack.submit_as("U0ALICE", one) == {}
    assert "Somebody else named the speakers" in (await place.slack.submit_as("U0BOB", other))["speaker.0"]
    assert (await place.store.speaker_names(job.id)).names == {"Speaker 1": "Ani"}


@pytest.mark.parametrize("name", ["x" * 61, "***", "\u202e\u202d"])
async def test_a_name_that_is_none_keeps_the_modal_open_or_is_empty(place: Workplace, name: str) -> None:
    message, job = await done(place)
    faults = await rename(place, message, name)
    assert list(faults) == (["speaker.0"] if name.isprintable() else [])
    assert (await place.store.speaker_names(job.id)).names == {}


async def test_a_rename_that_was_cut_short_by_a_crash_is_shown_after_the_restart(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        message, job = await done(place)
        place.slack.fault(Fault("chat.update", times=None, status=503))
        await rename(place, message, "Ani", "Ben")
        assert (await place.store.speaker_names(job.id)).revision == 1
        place.slack.faults.clear()
        place.clock.ahead += 200
        await place.slack.until(lambda: "*Ani*" in str(reply(place, message).blocks), timeout=20)


# again


async def test_another_way_is_another_job_with_a_reply_that_says_so(place: Workplace) -> None:
    message, job = await done(place)
    assert await again(place, message, "local", language="es") == {}
    second = (await place.jobs(State.RECEIVED))[0]
    assert (second.provider, second.options) == ("local", Options("es"))
    assert (second.origin.version, second.origin.file_id) == (2, job.origin.file_id)
    assert "local" not in place.rung
    await place.answer(await place.replying(second, replace(TALK, title="Otra vez")), replace(TALK, title="Otra vez"))
    replies = [each for each in place.ours(message) if "threadscribe_reply" in str(each.metadata)]
    assert len(replies) == 2
    assert "Version 2" in str(replies[1].blocks)
    assert "Version" not in str(replies[0].blocks)
    first = await place.store.transcript(job.id)
    assert first is not None
    assert first.title == TALK.title


async def test_the_same_way_again_is_pointed_to_and_not_paid_for(place: Workplace) -> None:
    message, _ = await done(place)
    faults = await again(place, message, "xosum", recording="single_voice")
    assert "already a transcript with these settings" in faults["service"]
    assert len(await place.jobs()) == 1


async def test_two_who_ask_for_the_same_at_once_get_one_job(place: Workplace) -> None:
    message, _ = await done(place)
    for user in ("U0ALICE", "U0BOB"):
        await press(place, message, "transcribe_again", user)
        await modal(place, user, "transcribe_again")
    option = {"type": "static_select", "selected_option": {"value": "local"}}
    values = {"service": {"again_service": option}}
    answers = await asyncio.gather(*(place.slack.submit_as(user, values) for user in ("U0ALICE", "U0BOB")))
    assert sorted(map(len, answers)) == [0, 1]
    assert len(await place.jobs()) == 2


async def test_another_service_shows_its_own_languages(place: Workplace) -> None:
    message, _ = await done(place)
    await press(place, message, "transcribe_again")
    view = await modal(place, "U0ALICE", "transcribe_again")
    assert [block["block_id"] for block in shown(view.body)[1:]] == ["service", "recording.xosum"]
    option = {"text": {"type": "plain_text", "text": "Local engine"}, "value": "local"}
    await place.slack.act_as("U0ALICE", view, "again_service", selected_option=option)

    def changed() -> bool:
        top = place.slack.views.top("U0ALICE")
        return top is not None and shown(top.body)[-1]["block_id"] == "language.local"

    await place.slack.until(changed)
    top = place.slack.views.top("U0ALICE")
    assert top is not None
    names = [each["text"]["text"] for each in shown(top.body)[-1]["element"]["options"]]
    assert names == ["Detect automatically", "English", "Spanish"]


async def test_what_failed_in_this_way_is_tried_again_instead_of_counted_anew(place: Workplace) -> None:
    message, job = await done(place)
    await again(place, message, "local", language="es")
    second = (await place.jobs(State.RECEIVED))[0]
    second = await place.store.apply(Received(second).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN)))
    second = await place.answer(second)
    assert second.state is State.FAILED
    first = next(each for each in place.ours(message) if job.id in str(each.metadata))
    await place.slack.act_as("U0ALICE", first, "transcribe_again")
    await modal(place, "U0ALICE", "transcribe_again")
    values = {
        "service": {"again_service": {"type": "static_select", "selected_option": {"value": "local"}}},
        "language.local": {"choice": {"type": "static_select", "selected_option": {"value": "es"}}},
    }
    assert await place.slack.submit_as("U0ALICE", values) == {}
    assert [each.id for each in await place.jobs(State.RECEIVED)] == [second.id]


# delete


async def test_delete_leaves_one_line_and_nothing_stored(place: Workplace) -> None:
    message, job = await done(place, LONG)
    await choose(place, message, job, "docx")
    await place.slack.until(lambda: len(files(place, message)) == 2)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    await place.slack.until(lambda: len(place.ours(message)) == 1)
    assert files(place, message) == []
    assert await place.store.transcript(job.id) is None
    assert "Sentence" not in str(reply(place, message).blocks)
    assert "<@U0ALICE>" in str(reply(place, message).blocks)
    assert place.slack.workspace.files[message.files[0]].mode == "hosted"  # the recording is not ours to delete


async def test_what_was_deleted_can_be_transcribed_anew(place: Workplace) -> None:
    message, job = await done(place)
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    await place.slack.shortcut_as("U0BOB", "C0CLINIC", message.ts, "transcribe_message")
    row = await place.store.job(job.id)
    assert row is not None
    assert row.state not in FINAL


async def test_the_other_share_of_a_file_keeps_its_transcript(place: Workplace) -> None:
    message, job = await done(place)
    file = place.slack.workspace.files[message.files[0]]
    elsewhere = place.slack.people.share("U0ALICE", "C0CALLS", [file])
    await place.until(lambda: place.store.jobs_of_message("T0LOCAL", "C0CALLS", elsewhere.ts))
    (shared,) = await place.store.jobs_of_message("T0LOCAL", "C0CALLS", elsewhere.ts)
    shared = await place.store.apply(Received(shared).reuse(place.clock.now(), shared.file, "xosum", "xosum", job.id))
    await press(place, message, "delete_transcript")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    assert await place.store.transcript(job.id) is None
    assert await place.store.transcript(shared.id) is not None


# who may


def add_carol(place: Workplace, *channels: str) -> None:
    """A third person, neither admin nor owner of anything, in these channels."""
    users = place.slack.workspace.users
    users["U0CAROL"] = replace(users["U0BOB"], id="U0CAROL", name="carol", real_name="Carol Li")
    for channel in channels:
        place.slack.workspace.channels[channel].members.append("U0CAROL")


ACTS = ["download_transcript", "rename_speakers", "transcribe_again", "delete_transcript"]


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("user", ["U0CAROL", "U0ALICE"])
async def test_who_is_not_in_the_conversation_any_more_can_do_nothing(place: Workplace, action: str, user: str) -> None:
    """A stranger, and an admin who shared the recording herself and then left the private channel."""
    add_carol(place)
    message, job = await done(place, channel="G0BOARD")
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    before = reply(place, message).blocks
    option = {"value": f"{job.id}.txt"} if action == "download_transcript" else None
    more = {"selected_option": option} if option else {}
    await place.slack.act_as(user, reply(place, message), action, **more)
    if action in ("rename_speakers", "transcribe_again"):
        await place.slack.until(lambda: "not in the conversation" in str(place.slack.views.top(user)))
    else:
        await told(place, user, "You are not in the conversation of this transcript any more")
    assert reply(place, message).blocks == before
    assert files(place, message) == []
    assert len(await place.jobs()) == 1


async def test_a_modal_that_was_open_when_its_person_left_is_refused(place: Workplace) -> None:
    message, job = await done(place, channel="G0BOARD")
    await press(place, message, "rename_speakers")
    await modal(place, "U0ALICE", "rename_speakers")
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    place.clock.ahead += 61  # a yes is remembered for a minute
    values = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    assert "not in the conversation" in (await place.slack.submit_as("U0ALICE", values))["speaker.0"]
    assert (await place.store.speaker_names(job.id)).revision == 0


@pytest.mark.parametrize("user", ["U0CAROL", "U0BOB", "U0ALICE"])
async def test_a_member_may_download_rename_and_transcribe_again(place: Workplace, user: str) -> None:
    add_carol(place, "C0CLINIC")
    message, job = await done(place, user="U0BOB")
    await choose(place, message, job, "txt", user)
    await place.slack.until(lambda: len(files(place, message)) == 1)
    assert await rename(place, message, "Ani", user=user) == {}
    assert await again(place, message, "local", user=user) == {}


@pytest.mark.parametrize(("user", "may"), [("U0CAROL", False), ("U0BOB", True), ("U0ALICE", True)])
async def test_only_poster_owner_and_admin_may_delete(place: Workplace, user: str, may: bool) -> None:
    """Bob shared it, Alice is an admin, Carol only reads along."""
    add_carol(place, "C0CLINIC")
    message, job = await done(place, user="U0BOB")
    await press(place, message, "delete_transcript", user)
    if may:
        await place.slack.until(lambda: "deleted on request" in reply(place, message).text)
    else:
        await told(place, user, "Only the user who shared the recording")
    assert (await place.store.transcript(job.id) is None) is may


async def test_the_owner_of_a_file_that_another_person_shared_may_delete(place: Workplace) -> None:
    add_carol(place, "C0CLINIC")
    file = await place.slack.people.store.add(CLIP, "U0CAROL")
    message = place.slack.people.share("U0BOB", "C0CLINIC", [file])
    await place.until(lambda: place.store.jobs_of_message("T0LOCAL", "C0CLINIC", message.ts))
    (job,) = await place.store.jobs_of_message("T0LOCAL", "C0CLINIC", message.ts)
    await place.answer(await place.replying(job, TALK), TALK)
    await press(place, message, "delete_transcript", "U0CAROL")
    await place.slack.until(lambda: "deleted on request" in reply(place, message).text)


@pytest.mark.parametrize("user", ["U0CAROL", "U0ALICE"])
@pytest.mark.parametrize("action", ["retry_job", "cancel_message"])
async def test_retry_and_cancel_are_for_those_who_are_there(place: Workplace, user: str, action: str) -> None:
    add_carol(place)
    message, job = await place.upload("G0BOARD")
    if action == "retry_job":
        job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN)))
        job = await place.answer(job)
    else:
        place.room.chat.show(job)
        await place.slack.until(lambda: len(place.ours(message)) == 1)
    (shown,) = place.ours(message)
    place.slack.workspace.leave(place.slack.workspace.channels["G0BOARD"], "U0ALICE")
    await place.slack.act_as(user, shown, action)
    await told(place, user, "You are not in the conversation")
    row = await place.store.job(job.id)
    assert row is not None
    assert (row.state, row.cancel_by) == (job.state, "")


async def test_while_slack_does_not_tell_who_is_there_nothing_is_done(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("users.conversations", times=None, error="fatal_error"))
    await press(place, message, "delete_transcript")
    await told(place, "U0ALICE", "Slack does not answer me at the moment")
    assert await place.store.transcript(job.id) is not None


# the language of the thread


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("es-LA", ["Resumen", "Descargar", "Transcribir de nuevo", "inglés", "2 hablantes"]),
        ("fr-FR", ["Résumé", "Télécharger", "Transcrire à nouveau", "anglais"]),
        ("hy-AM", ["Ամփոփում", "Ներբեռնել", "Վերծանել նորից", "անգլերեն"]),
        ("de-DE", ["Summary", "Download", "Transcribe again", "English"]),
    ],
)
async def test_a_reply_is_in_the_language_of_whoever_shared_the_file(
    place: Workplace, locale: str, words: list[str]
) -> None:
    place.slack.workspace.users["U0BOB"].locale = locale
    message, _ = await done(place, user="U0BOB")
    assert [word for word in words if word not in str(reply(place, message).blocks)] == []


async def test_a_token_without_the_scope_speaks_english_and_answers_all_the_same(tmp_path: Path) -> None:
    async with workplace(tmp_path) as place:
        place.slack.fault(Fault("users.info", times=None, error="missing_scope"))
        message, _ = await done(place)
        assert "Transcribe again" in str(reply(place, message).blocks)
