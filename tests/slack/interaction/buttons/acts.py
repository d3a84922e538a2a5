"""What a person does with a reply, and what a test then finds in the workspace."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.job import Job, Options
from bot.domain.transcript import Segment, Transcript
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities
from simulators.slack.records import Message, View
from tests.support.harnesses.slack import Workplace

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
