"""Speakers get names, and lose them again."""

from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from tests.slack.interaction.buttons.acts import LONG, choose, done, files, modal, press, rename, reply, shown, told
from tests.support.harnesses.slack import Workplace, workplace


def content(place: Workplace, name: str) -> str:
    (path,) = [
        file.path for file in place.slack.workspace.files.values() if file.name == name and file.path is not None
    ]
    return path.read_text(encoding="utf-8")


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
        await place.slack.until(lambda: "*Ani*" in str(reply(place, message).blocks))
