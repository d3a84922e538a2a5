"""`threadscribe try`: a local workspace, the real bot and an engine in one process, with no account and no key.

The only module of the bot that knows the simulators. Its settings come from them and never from the operator's own
environment (but for LOCAL_*), so that trying it out can never reach a real workspace or a real provider.
"""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.app import Core, open_bot
from bot.configuration import load_settings
from bot.domain.job import State
from bot.providers import TABLE
from bot.providers.webhook_address import webhook_address
from bot.settings import Settings
from bot.terminal import TICK_SECONDS, JobBar, expected_seconds
from simulators.invox import InvoxSimulator
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.records import Message
from simulators.slack.server import SlackSimulator
from simulators.xosum import XosumSettings, XosumSimulator

MANIFEST = Path(__file__).parent.parent / "manifest.yml"
REPLY_EVENT = "threadscribe_reply"
STATUS_EVENT = "threadscribe_status"
_PERSON, _CHANNEL = "U0ALICE", "C0CLINIC"


@dataclass(frozen=True, slots=True)
class Trial:
    """What runs: the workspace and the settings of the bot in front of it."""

    slack: SlackSimulator
    settings: Settings
    core: Core


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _service(name: str, public_url: str) -> XosumSimulator | InvoxSimulator | NablaSimulator | OpenAISimulator:
    """The simulated service; an account that pushes its results knows where to."""
    match name:
        case "xosum":
            xosum = XosumSettings()
            xosum.webhook_url = webhook_address(public_url, name, xosum.webhook_secret)
            return XosumSimulator(xosum)
        case "openai":
            return OpenAISimulator(OpenAISettings(seconds_per_audio_second=0.05))
        case "nabla":
            nabla = NablaSettings()
            nabla.webhook_url = webhook_address(public_url, name, nabla.webhook_secret)
            return NablaSimulator(nabla)
        case _:
            return InvoxSimulator()  # it is told the address with each job


def _notice(provider: str) -> str:
    """What the page's header says of a simulated service; nothing of the local engine, whose words are real."""
    if provider == "local":
        return ""
    name = "An OpenAI-compatible server" if provider == "openai" else TABLE[provider].title
    return f"{name} is simulated here: its words are a fixed example."


@asynccontextmanager
async def open_trial(provider: str, port: int, model: str) -> AsyncIterator[Trial]:
    """Start the workspace, the provider's simulator where one is asked for, and the bot; stop them in reverse.

    Raises `OSError` when the page's port is taken.
    """
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="threadscribe-try-"))
        options = Options(port=port, page_notice=_notice(provider), refused_blocks=())
        slack = await stack.enter_async_context(
            SlackSimulator(with_manifest(options, MANIFEST) if MANIFEST.is_file() else options)
        )
        bot_port = _free_port()
        environ = {name: value for name, value in os.environ.items() if name.startswith("LOCAL_")}
        environ |= {
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "DATABASE_URL": f"sqlite:///{directory}/try.db",
            "HOST": "127.0.0.1",
            "PORT": str(bot_port),
            "ADMIN_PORT": "0",
            "PUBLIC_URL": f"http://127.0.0.1:{bot_port}",
            "PROVIDER": provider,
            "OPENAI_TITLE": "a simulated server",
        }
        if model:
            environ["LOCAL_MODEL"] = model
        if provider != "local":
            service = _service(provider, environ["PUBLIC_URL"])
            await service.start()
            stack.push_async_callback(service.stop)
            environ |= service.environment()
        settings = load_settings(environ, env_file=None)
        core = await stack.enter_async_context(open_bot(settings))
        await slack.until(lambda: slack.sockets.online, timeout=30)
        yield Trial(slack, settings, core)


async def show_page(trial: Trial, open_browser: bool, stop: asyncio.Event) -> None:
    """Print the address, open the page if there is a browser, and wait to be stopped."""
    console = Console()
    console.print(f"\n  Your local workspace: [bold]{escape(trial.slack.page_url)}[/bold]", soft_wrap=True)
    console.print(
        "  Drop a recording into a channel there, or take one of the samples. Ctrl-C stops it.\n", soft_wrap=True
    )
    if open_browser and (sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        with contextlib.suppress(webbrowser.Error):
            await asyncio.to_thread(webbrowser.open, trial.slack.page_url)
    await stop.wait()


async def post_file(trial: Trial, file: Path, stop: asyncio.Event) -> int:
    """Post `file` as Alice and print the thread as it grows; 0 when a transcript came, 1 when a refusal or a pause did.

    On a terminal a bar stands in for the status line.
    """
    console = Console(highlight=False, soft_wrap=True)
    slack = trial.slack
    bar = JobBar()
    posted = await slack.people.upload(_PERSON, _CHANNEL, [Upload(file.name, file)])
    console.print(f"[bold]Alice[/bold]  {escape(file.name)}")
    shown: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        stack.enter_context(bar.progress)
        if not bar.progress.disable:
            following = asyncio.create_task(_follow(trial, posted, bar))
            stack.callback(following.cancel)
        while not stop.is_set():
            for reply in slack.workspace.replies(_CHANNEL, posted.ts):
                event = (reply.metadata or {}).get("event_type")
                said = _plain(reply, slack)
                if shown.get(reply.ts) != said and (bar.progress.disable or event != STATUS_EVENT):
                    shown[reply.ts] = said
                    console.print(f"[bold]threadscribe[/bold]  {escape(said)}")
                if event == REPLY_EVENT:
                    return 0 if _has_transcript(reply) else 1
            jobs = await trial.core.store.jobs_of_message(slack.options.team_id, _CHANNEL, posted.ts)
            if any(job.state is State.PARKED for job in jobs):
                detail = next(job.last_error for job in jobs if job.state is State.PARKED)
                console.print(f"It is paused until this is repaired: {escape(detail)}")
                return 1
            await _next_change(slack, stop)
    return 1


async def _follow(trial: Trial, posted: Message, bar: JobBar) -> None:
    """Move the bar with the recording of a message, until cancelled."""
    store, providers = trial.core.store, trial.core.engine.providers
    while True:
        for job in await store.jobs_of_message(trial.slack.options.team_id, _CHANNEL, posted.ts):
            bar.show(job, expected_seconds(providers, job))
        await asyncio.sleep(TICK_SECONDS)


def _has_transcript(reply: Message) -> bool:
    """Whether a reply is a transcript: it has a title, or, if it is short, a menu; a refusal has neither."""
    return any(block.get("type") == "header" or "overflow" in str(block.get("accessory")) for block in reply.blocks)


async def _next_change(slack: SlackSimulator, stop: asyncio.Event) -> None:
    seen = asyncio.Event()
    slack.workspace.watch(lambda _: seen.set())
    waits = [asyncio.create_task(seen.wait()), asyncio.create_task(stop.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()


def _plain(message: Message, slack: SlackSimulator) -> str:
    """A message as plain lines: the texts of its blocks, and the contents of its text files."""
    lines = [text for block in message.blocks for text in _texts(block)] or [message.text]
    for file_id in message.files:
        file = slack.workspace.files.get(file_id)
        if file is not None:
            lines.append(f"[file: {file.name}]")
    return "\n".join(lines)


def _texts(block: object) -> list[str]:
    if isinstance(block, dict):
        if block.get("type") == "actions":
            return []
        text = block.get("text")
        if isinstance(text, str):
            return [text]
        return [
            line for key in ("title", "text", "fields", "elements", "child_blocks") for line in _texts(block.get(key))
        ]
    if isinstance(block, list):
        return [line for part in block for line in _texts(part)]
    return []
