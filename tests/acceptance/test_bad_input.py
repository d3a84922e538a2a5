"""What people send that is no recording: one sentence where they meant it, silence where they did not, no bill."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.xosum import XosumSimulator
from tests.support.audio.recordings import silent_film
from tests.support.harnesses.bot import ALICE, CLINIC, DIRECT, Place, headline, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(range(256)) * 8
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(600)
NOISE = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes((n * 7919) % 251 for n in range(20_000))


HOUR = 3600.0  # a bad answer about a file of this age does not pass by itself


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"MAX_FILE_MB": "2"}


def film(directory: Path) -> Upload:
    return Upload("round.mp4", silent_film(directory / "round.mp4"))


REFUSED: list[tuple[str, Callable[[Path], Upload], str]] = [
    ("an empty file", lambda _: Upload("visit.mp3", b""), "is empty"),
    ("a damaged MP3", lambda _: Upload("visit.mp3", NOISE), "is damaged"),
    ("a PDF that is called MP3", lambda _: Upload("visit.mp3", PDF), "not audio or video"),
    ("a picture sent as a voice clip", lambda _: Upload("clip.m4a", PNG, subtype="slack_audio"), "not audio or video"),
    ("a video without sound", film, "has no sound"),
    ("a file above the limit", lambda _: Upload("visit.wav", b"RIFF", size=5 << 20), "the limit is 2 MB"),
    ("a file in Google Drive", lambda _: Upload("visit.mp3", mode="external"), "outside Slack"),
]


@pytest.mark.parametrize(("make", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_a_file_that_is_no_recording_is_answered_with_one_sentence_and_never_sent_on(
    place: Place, xosum: XosumSimulator, tmp_path: Path, make: Callable[[Path], Upload], words: str
) -> None:
    message = await place.upload(replace(make(tmp_path), age=HOUR))
    (reply,) = await place.answered(message)
    assert words in shown(reply)
    assert not headline(reply)
    await place.settled(message, "failed")
    assert xosum.ledger.requests == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("/files-pri/*", times=None, login=True), "does not say why"),
        (Fault("/files-pri/*", times=None, content_length=77), "does not match the file that it announced"),
        (Fault("/files-pri/*", times=None, status=404), "does not say why"),
        (Fault("/files-pri/*", times=None, status=403), "does not say why"),
        (Fault("files.info", times=None, error="access_denied"), "does not share it with me"),
        (Fault("files.info", times=None, error="not_visible"), "does not share it with me"),
        (Fault("files.info", times=None, error="some_new_refusal"), "does not say why"),
    ],
    ids=["login page", "length", "404", "403", "access_denied", "not_visible", "unknown"],
)
async def test_what_slack_delivers_in_place_of_the_file_is_said_and_never_sent_on(
    place: Place, xosum: XosumSimulator, recording: Path, fault: Fault, words: str
) -> None:
    place.slack.fault(fault)
    message = await place.upload(Upload("visit.mp3", recording, age=HOUR))
    if fault.match == "files.info":  # there is no file to tell its age: the job's counts
        await place.until_row(lambda: place.jobs(message))
        place.alter(
            f"UPDATE job SET created_at = created_at - {HOUR:.0f}, due_at = 0 WHERE message_ts = '{message.ts}'"
        )
    (reply,) = await place.answered(message)
    assert words in shown(reply)
    await place.settled(message, "failed")
    assert xosum.ledger.requests == []


@pytest.mark.parametrize(
    "upload",
    [
        Upload("contract.pdf", PDF, connect=True, age=HOUR),
        Upload("notes.md", b"# Plan", mode="snippet", connect=True, age=HOUR),
        Upload(
            "minutes", b"", mode="external", mimetype="application/vnd.google-apps.document", connect=True, age=HOUR
        ),
        Upload("empty", b"", connect=True, age=HOUR),
        Upload("archive.zip", b"PK", size=5 << 20, connect=True, age=HOUR),
        Upload("old.pdf", PDF, mode="hidden_by_limit", connect=True, age=HOUR),
    ],
    ids=lambda upload: f"{upload.name} {upload.mode}",
)
async def test_a_partners_file_that_is_no_recording_ends_in_silence_whatever_is_wrong_with_it(
    place: Place, xosum: XosumSimulator, upload: Upload
) -> None:
    message = await place.upload(upload)
    await place.slack.delivery.settled()
    await place.settled(message, "done")
    assert place.jobs(message)[0]["outcome"] == "silent"
    assert place.thread(message) == []
    assert xosum.ledger.requests == []
    if upload.name != "empty":  # which may be anything; of the others not a byte was read
        assert not any(message.files[0] in entry.method for entry in place.slack.ledger.entries)


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (Upload("visit.mp3", NOISE, connect=True, age=HOUR), "is damaged"),
        (Upload("visit.mp3", b"", connect=True, age=HOUR), "is empty"),
        (Upload("visit.wav", b"RIFF", size=5 << 20, connect=True, age=HOUR), "the limit is 2 MB"),
        (Upload("visit.mp3", mode="external", connect=True, age=HOUR), "outside Slack"),
    ],
    ids=["damaged", "empty", "too large", "external"],
)
async def test_a_partners_recording_is_answered_although_its_event_gave_only_the_id(
    place: Place, xosum: XosumSimulator, upload: Upload, words: str
) -> None:
    message = await place.upload(upload)
    (reply,) = await place.answered(message)
    assert words in shown(reply)


async def test_a_download_that_leads_off_slack_is_not_followed(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    place.slack.delivery.flow = "hold"
    message = await place.upload(Upload("visit.mp3", recording, age=HOUR))
    elsewhere = f"{place.slack.elsewhere_url}/bytes/{message.files[0]}"
    place.slack.fault(Fault("/files-pri/*", times=None, redirect=elsewhere))
    place.slack.delivery.resume()
    (reply,) = await place.answered(message)
    assert "does not say why" in shown(reply)
    assert [entry for entry in place.slack.ledger.entries if entry.host in elsewhere] == []


async def test_a_download_that_breaks_off_is_taken_again_and_answered_once(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    place.slack.fault(Fault("/files-pri/*", truncate=500))
    message = await place.upload(Upload("visit.mp3", recording))
    (reply,) = await place.answered(message)
    assert headline(reply)
    assert len(xosum.billed) == 1


@pytest.mark.parametrize(
    "upload",
    [
        Upload("chart.png", PNG),
        Upload("notes.txt", b"Bring the forms on Monday."),
        Upload("letter.pdf", PDF),
        Upload("visit.mp3", b"", mode="tombstone"),
        Upload("notes.md", b"# Plan", mode="snippet"),
    ],
    ids=lambda upload: f"{upload.name} {upload.mode}",
)
async def test_a_file_that_nobody_means_as_a_recording_is_left_alone(
    place: Place, xosum: XosumSimulator, upload: Upload
) -> None:
    message = await place.upload(upload)
    await place.slack.delivery.settled()  # acknowledged, so committed, if there was anything to commit
    assert place.jobs(message) == []
    assert (place.thread(message), message.reactions) == ([], {})
    assert xosum.ledger.requests == []


async def test_a_nameless_file_is_looked_into_and_left_alone_without_a_word(
    place: Place, xosum: XosumSimulator
) -> None:
    message = await place.upload(Upload("attachment", b"just some words\n" * 40, mimetype="application/octet-stream"))
    await place.slack.delivery.settled()
    await place.settled(message, "done")
    assert place.jobs(message)[0]["outcome"] == "silent"
    assert place.thread(message) == []
    assert xosum.ledger.requests == []


async def test_a_file_that_is_deleted_before_it_could_be_read_is_said_to_be_gone(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    hold = place.slack.fault(Fault("files.info", times=None, hold="before"))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.slack.until(lambda: place.slack.calls("files.info") > 0)
    place.slack.people.delete_file(ALICE, message.files[0])
    place.slack.faults.clear(hold.id)
    (reply,) = await place.answered(message)
    assert "was deleted" in shown(reply)
    assert xosum.ledger.requests == []


async def test_a_file_that_is_deleted_in_mid_job_ends_it_and_takes_its_content_along(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    xosum.plan(seconds=600)
    message = await place.upload(Upload("visit.mp3", recording))
    await place.settled(message, "waiting")
    place.slack.people.delete_file(ALICE, message.files[0])
    (reply,) = await place.answered(message)
    assert "The file was deleted, so I stopped." in shown(reply)
    await place.settled(message, "deleted")
    job = place.jobs(message)[0]["id"]
    assert place.rows("SELECT 1 FROM transcript WHERE job_id = ?", job) == []


async def test_bad_files_beside_good_ones_do_not_hold_them_up(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message = await place.upload(
        Upload("broken.mp3", NOISE), Upload("visit.mp3", recording), Upload("chart.png", PNG), channel=DIRECT
    )
    replies = await place.answered(message, count=2)
    assert sorted(bool(headline(reply)) for reply in replies) == [False, True]
    assert len(xosum.billed) == 1
    assert CLINIC not in {reply.channel for reply in replies}
