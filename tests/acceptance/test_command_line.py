"""The command line: `transcribe` in each format and with each provider, `jobs`, `doctor`, `try`."""

import io
import json
from pathlib import Path

import docx
import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.provider.results import mark_of
from simulators.slack.file_store import Upload
from simulators.xosum import XosumSettings, XosumSimulator
from tests.support.harnesses.bot import Place, simulated
from tests.support.harnesses.local_engine import JFK, SAMPLES, WORDS, error_rate
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

LOCAL = {"LOCAL_MODEL": "tiny.en", "LOCAL_WORKERS": "1"}


async def run(directory: Path, environment: dict[str, str], *arguments: str) -> Bot:
    bot = await Bot.start(directory, environment, *arguments)
    await bot.ends(120)
    return bot


@pytest.fixture
def place(stopped: Place) -> Place:
    return stopped


# --- transcribe ---------------------------------------------------------------------------------------------------


@pytest.mark.engine
async def test_transcribe_prints_what_is_said_and_nothing_else(tmp_path: Path) -> None:
    bot = await run(tmp_path, LOCAL, "transcribe", str(SAMPLES / "jfk.wav"))
    assert bot.process.returncode == 0, bot.lines
    assert error_rate(JFK, " ".join(line.partition("]")[2] for line in bot.out if line.startswith("["))) <= 0.15
    assert bot.lines == []


@pytest.mark.parametrize(
    "form", ["txt", "docx", *(pytest.param(form, marks=pytest.mark.slow) for form in ("srt", "vtt", "json"))]
)
async def test_transcribe_writes_every_format(tmp_path: Path, recording: Path, form: str) -> None:
    service = InvoxSimulator(InvoxSettings(job_seconds=0.05))
    async with service:
        target = tmp_path / f"out.{form}"
        port = str(free_port())
        environment = service.environment() | {"PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        arguments = ["transcribe", str(recording), "--provider", "invox", "--format", form, "-o", str(target)]
        bot = await run(tmp_path, environment, *arguments)
        assert bot.process.returncode == 0, bot.lines
        data = target.read_bytes()
        said = service.transcript(next(iter(service.jobs.values()))).segments[0].text
        match form:
            case "docx":
                text = "\n".join(part.text for part in docx.Document(io.BytesIO(data)).paragraphs)
            case "json":
                text = json.dumps(json.loads(data), ensure_ascii=False)
            case _:
                text = data.decode()
        assert said in " ".join(text.split())
        assert service.violations == []


@pytest.mark.parametrize("name", [pytest.param("xosum", marks=pytest.mark.slow), "nabla"])
async def test_transcribe_works_with_each_provider(tmp_path: Path, recording: Path, name: str) -> None:
    service = simulated(name, 0.05)
    async with service:
        port = str(free_port())
        public = f"http://127.0.0.1:{port}"
        if not isinstance(service, InvoxSimulator):
            service.settings.webhook_url = f"{public}/hooks/{name}"
        environment = service.environment() | {"PORT": port, "PUBLIC_URL": public}
        bot = await run(tmp_path, environment, "transcribe", str(recording))
        assert bot.process.returncode == 0, bot.lines
        assert mark_of(service.billed[0].sha256) in "\n".join(bot.out)  # the provider puts it into what it hears
        assert (len(service.billed), service.violations) == (1, [])


async def test_a_transcript_without_times_is_not_thrown_away_for_its_format(tmp_path: Path, recording: Path) -> None:
    service = XosumSimulator(XosumSettings(job_seconds=0.05))
    async with service:
        bot = await run(tmp_path, service.environment(), "transcribe", str(recording), "--format", "srt")
        assert bot.process.returncode == 1, bot.lines
        assert "has no times" in bot.lines[-1]
        assert mark_of(service.billed[0].sha256) in "\n".join(bot.out)


async def test_transcribe_refuses_what_it_cannot_do_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.mp3").write_bytes(b"%PDF-1.7 " + bytes(2000))
    for arguments, code, words in (
        (("letter.mp3",), 1, "not audio or video"),
        (("letter.mp3", "--format", "rtf"), 2, "must be txt, srt, vtt, docx or json"),
        (("letter.mp3", "--provider", "xosum"), 2, "xosum is not set up"),
        (("nothing.mp3",), 2, "is not a file"),
    ):
        bot = await run(tmp_path, LOCAL, "transcribe", *arguments)
        assert bot.process.returncode == code, bot.lines
        assert len(bot.lines) == 1, bot.lines
        assert words in bot.lines[0]


# --- jobs, retry, cancel, doctor ----------------------------------------------------------------------------------


async def test_the_operator_sees_cancels_and_retries_jobs_while_the_bot_runs(place: Place, recording: Path) -> None:
    assert isinstance(place.service, XosumSimulator)
    await place.start()
    place.service.plan(seconds=600)
    message = await place.upload(Upload("visit.mp3", recording))
    await place.settled(message, "waiting")
    listed = await place.run("jobs", "--json")
    (job,) = json.loads("\n".join(listed.out))
    assert (job["state"], job["provider"]) == ("waiting", "xosum")
    shown = json.loads("\n".join((await place.run("jobs", job["id"], "--json")).out))
    assert [step["to"] for step in shown["timeline"]][-1] == "waiting"
    assert "visit.mp3" not in json.dumps(shown)
    assert (await place.run("cancel", job["id"])).process.returncode == 0
    await place.answered(message, timeout=60)
    await place.settled(message, "cancelled")
    again = await place.run("retry", job["id"])
    assert again.out == [f"Job {job['id']} is tried again."]
    assert (await place.run("jobs", "nosuchjob1")).process.returncode == 1
    assert (await place.run("jobs", "--state", "lost")).process.returncode == 2


async def test_doctor_finds_nothing_wrong_with_what_works_and_names_what_does_not(place: Place) -> None:
    assert isinstance(place.service, XosumSimulator)
    await place.start()
    well = json.loads("\n".join((await place.run("doctor", "--json")).out))
    wrong = [finding["subject"] for finding in well if not finding["ok"]]
    assert wrong == ["PUBLIC_URL"]  # the only thing that is: plain http on this machine
    assert place.service.violations == ["read: unknown-id: Document not found"]  # how a key is tried without a bill
    place.service.ledger.clear()
    place.slack.reinstall(scope for scope in place.slack.options.scopes if scope != "files:read")
    ill = await place.run("doctor", "--json", XOSUM_API_KEY="another")
    assert ill.process.returncode == 1
    found = {finding["subject"]: finding for finding in json.loads("\n".join(ill.out)) if not finding["ok"]}
    assert "files:read" in found["Slack scopes"]["detail"]
    assert found["Slack scopes"]["remedy"]
    assert any("Xosum" in subject for subject in found)
    assert place.slack.bot_token not in "\n".join([*ill.out, *ill.lines])


# --- try ----------------------------------------------------------------------------------------------------------


@pytest.mark.engine
async def test_try_with_a_file_prints_its_thread_and_nothing_else(tmp_path: Path) -> None:
    bot = await run(tmp_path, LOCAL, "try", str(SAMPLES / "sense_0890.ogg"))
    assert bot.process.returncode == 0, bot.lines
    assert bot.lines == []
    assert bot.out[0] == "Alice  sense_0890.ogg"
    assert min(error_rate(WORDS["sense_0890.ogg"], line) for line in bot.out) <= 0.15, bot.out


@pytest.mark.parametrize(
    ("provider", "title"),
    [pytest.param("xosum", "Xosum", marks=pytest.mark.slow), ("openai", "a simulated server")],
)
async def test_try_shows_a_simulated_provider(provider: str, title: str, tmp_path: Path, recording: Path) -> None:
    bot = await run(tmp_path, {}, "try", str(recording), "--provider", provider)
    assert bot.process.returncode == 0, bot.lines
    assert any(f"by {title}" in line for line in bot.out)


async def test_try_says_why_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").write_bytes(b"")
    bot = await run(tmp_path, LOCAL, "try", "empty.mp3")
    assert bot.process.returncode == 1
    assert any("This file is empty." in line for line in bot.out)


async def test_try_ends_with_the_cause_where_the_recording_is_paused(tmp_path: Path, recording: Path) -> None:
    bot = await run(tmp_path, {"LOCAL_MODEL": str(tmp_path / "nowhere")}, "try", str(recording))
    assert bot.process.returncode == 1
    assert any(line.startswith("It is paused until this is repaired: ") for line in bot.out), bot.out
