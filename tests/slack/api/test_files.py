"""Bytes out of Slack: checked, and the token goes to Slack's hosts only."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ProblemCode, Rejected, Transient
from bot.domain.job import Job
from bot.settings.slack import SLACK_FILE_HOSTS
from bot.slack.api.files import pause_for, refusal_of
from bot.slack.api.hosts import Hosts
from simulators.slack.faults import Fault
from simulators.slack.options import UNREADY, Unready
from tests.support.harnesses.slack import CLIP, Upload, Workplace, workplace

BYTES = bytes(range(256)) * 4000
RECORDING = Upload("call.mp3", BYTES)


async def read(place: Workplace, job: Job, start: int = 0, end: int | None = None) -> bytes:
    source = await place.room.chat.source(job)
    async with source.stream(start, end) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def refused(place: Workplace, job: Job) -> ProblemCode:
    with pytest.raises(Rejected) as caught:
        await read(place, job)
    return caught.value.problem.code


def age(place: Workplace, job: Job) -> None:
    """Let the file be of an hour ago: a bad answer about it does not pass by itself."""
    place.slack.workspace.files[job.origin.file_id].created -= 3600
    place.clock.ahead += 3600


@pytest.fixture
async def young(place: Workplace) -> Job:
    return (await place.upload(upload=RECORDING))[1]


@pytest.fixture
async def job(place: Workplace, young: Job) -> Job:
    age(place, young)
    return young


async def test_a_file_comes_whole_and_in_parts(place: Workplace, job: Job) -> None:
    assert await read(place, job) == BYTES
    assert await read(place, job, 1000, 5000) == BYTES[1000:5000]
    assert await read(place, job, len(BYTES) - 10) == BYTES[-10:]


async def test_the_facts_are_slacks(place: Workplace, job: Job) -> None:
    facts = (await place.room.chat.source(job)).facts
    assert (facts.name, facts.mimetype, facts.filetype, facts.size) == ("call.mp3", "audio/mpeg", "mp3", len(BYTES))


async def test_a_login_page_is_never_taken_for_audio(place: Workplace, job: Job) -> None:
    place.slack.fault(Fault("/files-pri/*", login=True))
    assert await refused(place, job) is ProblemCode.FILE_WITHHELD  # Slack says that the token has files:read


async def test_a_login_page_in_disguise_is_known_by_its_first_bytes(place: Workplace, job: Job) -> None:
    page = "  \n<!DOCTYPE html><html>" + " " * (len(BYTES) - 24)
    place.slack.fault(Fault("/files-pri/*", body=page, content_type="audio/mpeg"))
    assert await refused(place, job) is ProblemCode.FILE_WITHHELD


async def test_a_size_that_is_not_there_yet_is_not_waited_for(place: Workplace) -> None:
    _, job = await place.upload(upload=Upload("call.mp3", BYTES, unready="size_zero", unready_seconds=60))
    assert await read(place, job) == BYTES  # its length is what Slack serves


@pytest.mark.parametrize("form", [form for form in UNREADY if form != "size_zero"])
async def test_a_file_that_is_not_there_yet_is_waited_for(place: Workplace, form: Unready) -> None:
    name = "recording" if form == "no_type" else "call.mp3"  # an extension is type enough
    upload = Upload(name, BYTES, mimetype="audio/mpeg", unready=form, unready_seconds=3600)
    message, job = await place.upload(upload=upload)
    with pytest.raises(Transient) as caught:
        await read(place, job)
    assert caught.value.after is not None
    assert 2 <= caught.value.after <= 10
    place.slack.workspace.files[message.files[0]].ready_at = 0.0
    assert await read(place, job) == BYTES


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("/files-pri/*", times=None, status=404), ProblemCode.FILE_WITHHELD),
        (Fault("/files-pri/*", times=None, status=403), ProblemCode.FILE_WITHHELD),
        (Fault("/files-pri/*", times=None, redirect="/signin?redir=x"), ProblemCode.FILE_WITHHELD),
        (Fault("files.info", times=None, error="file_not_found"), ProblemCode.FILE_GONE),
        (Fault("files.info", times=None, error="not_visible"), ProblemCode.FILE_NOT_VISIBLE),
        (Fault("files.info", times=None, error="access_denied"), ProblemCode.FILE_NOT_VISIBLE),
        (Fault("files.info", times=None, error="some_new_refusal"), ProblemCode.FILE_WITHHELD),
    ],
    ids=lambda value: value.error or str(value.status) if isinstance(value, Fault) else str(value),
)
async def test_what_is_waited_for_while_a_file_is_young_is_said_when_it_is_not(
    place: Workplace, young: Job, fault: Fault, code: ProblemCode
) -> None:
    place.slack.fault(fault)
    with pytest.raises(Transient):
        await read(place, young)
    age(place, young)
    assert await refused(place, young) is code


def test_the_pauses_for_a_young_file_grow() -> None:
    assert [pause_for(seconds) for seconds in (0.0, 3.0, 8.0, 15.0, 59.0)] == [2.0, 2.0, 4.0, 7.5, 10.0]


async def test_the_token_is_not_in_a_files_repr(place: Workplace, job: Job) -> None:
    assert place.slack.bot_token not in repr(await place.room.chat.source(job))


async def test_a_missing_scope_ends_in_the_sentence_about_it(tmp_path: Path) -> None:
    async with workplace(tmp_path, unauthorised_download="redirect") as place:
        _, job = await place.upload(upload=RECORDING)
        age(place, job)
        source = await place.room.chat.source(job)
        place.slack.reinstall(["chat:write"])
        with pytest.raises(Rejected) as caught:
            async with source.stream():
                pass
        assert caught.value.problem.code is ProblemCode.LOGIN_PAGE


async def test_a_redirect_elsewhere_is_not_followed(place: Workplace, job: Job) -> None:
    place.slack.fault(Fault("/files-pri/*", redirect=f"{place.slack.elsewhere_url}/anything"))
    assert await refused(place, job) is ProblemCode.FILE_WITHHELD
    assert [entry for entry in place.slack.ledger.entries if entry.host in place.slack.elsewhere_url] == []


async def test_endless_redirects_end(place: Workplace, job: Job) -> None:
    source = await place.room.chat.source(job)
    place.slack.fault(Fault("/files-pri/*", times=None, redirect=source.url))  # type: ignore[attr-defined]  # Slack's own
    assert await refused(place, job) is ProblemCode.FILE_WITHHELD


async def test_a_part_of_another_length_than_it_should_have_is_refused(place: Workplace, job: Job) -> None:
    place.slack.fault(Fault("/files-pri/*", content_length=len(BYTES) - 5))
    assert await refused(place, job) is ProblemCode.FILE_CHANGED


@pytest.mark.parametrize("length", [len(BYTES) + 1, len(BYTES) - 1, 10, 0])
async def test_another_length_than_at_the_first_request_is_refused(place: Workplace, job: Job, length: int) -> None:
    place.slack.fault(Fault("/files-pri/*", skip=1, body="x" * length, content_type="audio/mpeg"))
    assert await refused(place, job) is ProblemCode.FILE_CHANGED


async def test_bytes_beyond_the_length_are_refused_where_no_header_tells_of_them(place: Workplace, job: Job) -> None:
    source = await place.room.chat.source(job)
    shorter = replace(source, facts=replace(source.facts, size=100_000))  # type: ignore[type-var]  # a dataclass
    place.slack.fault(Fault("/files-pri/*", times=None, no_length=True))
    with pytest.raises(Rejected) as caught:
        async with shorter.stream() as chunks:
            assert len(b"".join([chunk async for chunk in chunks])) <= 100_000
    assert caught.value.problem.code is ProblemCode.FILE_CHANGED


async def test_a_cut_download_is_tried_again(place: Workplace, job: Job) -> None:
    place.slack.fault(Fault("/files-pri/*", truncate=1000))
    with pytest.raises(Transient):
        await read(place, job)
    assert await read(place, job) == BYTES


async def test_a_server_error_is_tried_again(place: Workplace, job: Job) -> None:
    place.slack.fault(Fault("/files-pri/*", status=503))
    with pytest.raises(Transient):
        await read(place, job)


async def test_an_abandoned_stream_leaves_no_connection_behind(place: Workplace, job: Job) -> None:
    source = await place.room.chat.source(job)
    for _ in range(80):  # more than the pool holds
        async with asyncio.timeout(60), source.stream() as chunks:
            await anext(aiter(chunks))


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (Upload("drive.mp3", mode="external"), ProblemCode.FILE_EXTERNAL),
        (Upload("old.mp3", b"x", mode="hidden_by_limit"), ProblemCode.FILE_HIDDEN),
        (Upload("empty.mp3", b""), ProblemCode.EMPTY_FILE),
    ],
)
async def test_a_file_without_bytes_has_its_own_sentence(place: Workplace, upload: Upload, code: ProblemCode) -> None:
    if upload.mode == "hidden_by_limit":  # it was visible when it was shared
        message, job = await place.upload()
        place.slack.workspace.files[message.files[0]].mode = "hidden_by_limit"
    else:
        _, job = await place.upload(upload=upload)
    age(place, job)
    assert await refused(place, job) is code


async def test_a_deleted_file_is_said_to_be_gone(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.people.delete_file("U0ALICE", message.files[0])
    assert await refused(place, job) is ProblemCode.FILE_GONE


async def test_a_slack_connect_file_is_resolved_by_its_id(place: Workplace) -> None:
    _, job = await place.upload(upload=Upload("guest.mp3", BYTES, connect=True))
    assert job.file.name == ""
    assert await read(place, job) == BYTES


def test_a_snippet_is_no_recording() -> None:
    refusal = refusal_of({"mode": "snippet"})
    assert refusal is not None
    assert refusal.problem.code is ProblemCode.NOT_AUDIO
    assert refusal_of({"mode": "hosted"}) is None


HOSTS = Hosts(SLACK_FILE_HOSTS, "http://127.0.0.1:8765/api/")


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/files-pri/T1-F1/x.mp3",
        "https://slack.com/x",
        "https://SLACK-FILES.com/x",
        "https://a.slack-edge.com/x",
        "https://files.slack-gov.com/files-pri/T1-F1/x.mp3",
        "http://127.0.0.1:8765/files-pri/x",
    ],
)
def test_the_token_may_go_to_slack(url: str) -> None:
    assert HOSTS.trusts(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/x",
        "https://files.slack.com:8443/x",
        "https://slack.com.example.org/x",
        "https://evilslack.com/x",
        "https://files.slack.com@example.org/x",
        "https://user:pw@files.slack.com/x",
        "https://example.org/files.slack.com",
        "https://example.org\\@files.slack.com/",
        "http://127.0.0.1:8766/x",
        "https://127.0.0.1:8765/x",
        "http://localhost:8765/x",
        "ftp://slack.com/x",
        "//files.slack.com/x",
        "https://[::1/x",
        "",
    ],
)
def test_the_token_may_go_nowhere_else(url: str) -> None:
    assert not HOSTS.trusts(url)


@given(st.text(max_size=40))
def test_any_address_gets_an_answer(text: str) -> None:
    assert not HOSTS.trusts(f"https://{text}.example.org/")
    assert HOSTS.trusts(text) in (True, False)


async def test_proxies_in_the_environment_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with workplace(tmp_path) as place:
        _, job = await place.upload(upload=CLIP)
        assert len(await read(place, job)) == 2012
