"""No effect without a failpoint: every call that changes something outside the process can be stopped at."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.audio.preparer import AudioPreparer
from bot.clock import SystemClock
from bot.configuration import load_settings
from bot.failpoints import Failpoints
from bot.http import Http
from bot.ports.audio import Preparer
from bot.ports.provider import Provider
from bot.ports.store import JobStore
from bot.providers import TABLE
from bot.slack.api.client import SlackClient, open_client
from bot.slack.api.methods import Method
from storage import open_store
from tests.support.providers import context, section

ROOT = Path(__file__).parents[2]
SETTINGS = load_settings({"SLACK_BOT_TOKEN": "xoxb-1"}, env_file=None)


def effects(seam: type) -> list[str]:
    """The asynchronous methods of a seam: whatever it does, it does there."""
    found = []
    for name, method in inspect.getmembers(seam, inspect.isfunction):
        awaited = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(inspect.unwrap(method))
        if not name.startswith("_") and (awaited or "AsyncContextManager" in str(method.__annotations__.get("return"))):
            found.append(name)
    return found


async def _stops_before(name: str, inner: object, method: str, *args: object) -> None:
    """The point is reached before anything of the call happens: even its arguments are not looked at."""
    label = ".".join([name, method, *(each.name for each in args if isinstance(each, Method))])
    call = getattr(Failpoints(f"{label}.before=raise").wrap(name, inner), method)
    with pytest.raises(OSError, match=f"failpoint {label}.before"):  # noqa: PT012 - three shapes of a call
        found = call(*args)
        if hasattr(found, "__aenter__"):
            async with found:
                pass
        elif hasattr(found, "__anext__"):
            await found.__anext__()
        else:
            await found


@pytest.mark.parametrize("method", effects(JobStore))
async def test_every_call_of_the_store_has_a_failpoint(method: str, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    try:
        await _stops_before("store", store, method)
    finally:
        await store.close()


def _provider(name: str, http: Http, tmp_path: Path) -> Provider:
    kind = TABLE[name]
    return kind.build(section(kind.settings, {}), context(name, http, SystemClock(), directory=tmp_path))


@pytest.mark.parametrize("method", effects(Provider))
@pytest.mark.parametrize("name", list(TABLE))
async def test_every_call_of_a_provider_has_a_failpoint(name: str, method: str, tmp_path: Path) -> None:
    http = Http(SystemClock())
    try:
        await _stops_before(name, _provider(name, http, tmp_path), method)
    finally:
        await http.aclose()


@pytest.mark.parametrize("method", Method)
async def test_every_method_of_slack_has_a_failpoint(method: Method) -> None:
    async with open_client(SETTINGS, SystemClock()) as client:
        for way in ("call", "ask", "pages"):
            await _stops_before("slack", client, way, method)


async def test_every_other_call_to_slack_has_a_failpoint() -> None:
    async with open_client(SETTINGS, SystemClock()) as client:
        for method in effects(SlackClient):
            await _stops_before("slack", client, method)


async def test_every_http_call_and_every_handling_of_audio_has_a_failpoint(tmp_path: Path) -> None:
    http = Http(SystemClock())
    try:
        for method in effects(Http):
            await _stops_before("http", http, method)
    finally:
        await http.aclose()
    for method in effects(Preparer):
        await _stops_before("audio", AudioPreparer(tmp_path / "spool"), method)


@dataclass
class _Opened:
    chunks: AsyncIterator[bytes]


class _Seam:
    """One of each shape of call."""

    async def write(self, data: AsyncIterator[bytes]) -> bytes:
        return b"".join([chunk async for chunk in data])

    @asynccontextmanager
    async def read(self) -> AsyncIterator[_Opened]:
        yield _Opened(_three())

    async def pages(self, method: Method) -> AsyncIterator[int]:
        for page in (1, 2):
            yield page


async def _three() -> AsyncIterator[bytes]:
    for chunk in (b"a", b"b", b"c"):
        yield chunk


async def test_points_stand_before_after_and_within(capfd: pytest.CaptureFixture[str]) -> None:
    seam = Failpoints("*=trace").wrap("seam", _Seam())
    assert await seam.write(_three()) == b"abc"
    async with seam.read() as opened:
        assert [chunk async for chunk in opened.chunks] == [b"a", b"b", b"c"]
    assert [page async for page in seam.pages(Method.REPLIES)] == [1, 2]
    reached = [line.removeprefix("failpoint ") for line in capfd.readouterr().err.splitlines()]
    assert reached == [
        *("seam.write.before", *["seam.write.chunk"] * 3, "seam.write.after"),
        *("seam.read.before", "seam.read.opened", *["seam.read.chunk"] * 3, "seam.read.after"),
        *("seam.pages.REPLIES.before", *["seam.pages.REPLIES.page"] * 2, "seam.pages.REPLIES.after"),
    ]


async def test_the_nth_hit_can_be_chosen() -> None:
    points = Failpoints("a.b=raise")
    with pytest.raises(OSError, match=r"a\.b"):
        await points.reach("a.b")
    with pytest.raises(ValueError, match="no failpoint"):
        Failpoints("a.b=explode")


def test_nothing_else_of_the_bot_opens_connections() -> None:
    """httpx is held to `bot.http` by import-linter; these are the other two ways out."""
    outside = {"bot/slack/api/client.py", "bot/slack/api/socket_mode.py"}
    for path in (ROOT / "bot").rglob("*.py"):
        name = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        if name not in outside and name != "bot/slack/listeners.py":  # which hands the client's own to Bolt
            assert "ClientSession" not in text, name
            assert "AsyncWebClient" not in text, name
            assert "open_connection" not in text, name
