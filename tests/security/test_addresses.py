"""Where the bot token goes: to Slack's hosts, whatever an address looks like and wherever Slack's answers point."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.domain.errors import ProblemCode, StepError
from bot.slack.api.client import open_client
from bot.slack.api.hosts import Hosts
from bot.slack.api.methods import Method
from simulators.slack.faults import Fault
from tests.slack.api.test_files import RECORDING, age, refused
from tests.support.harnesses.slack import HandClock, Workplace, bot_settings, workplace
from tests.support.machine.http_server import LocalServer

OURS = ("files.slack.com", "slack.com", "slack-files.com", "a.slack-edge.com")
HOSTS = Hosts(("slack.com", "*.slack.com", "slack-files.com", "*.slack-edge.com"), "http://127.0.0.1:8765/api/")
EVIL = (
    "evil.example",
    "127.0.0.1",
    "[::1]",
    "169.254.169.254",
    "xn--slck-5na.com",
    "slаck.com",
    "slack.com.evil.example",
)
SCHEMES = ("https", "http", "HTTPS", "ftp", "file", "", "javascript")
GLUE = (
    "@",
    ":@",
    "#@",
    "?@",
    "\\@",
    "/@",
    "%40",
    "%00",
    "%2f",
    "\t",
    "\n",
    "\r\n",
    " ",
    ".",
    "..",
    "。",
    "\u200b",
    ";",
    "&",
    "|",
)
TAILS = (
    "",
    "/",
    ":443",
    ":80",
    ":8443",
    ":0",
    ":99999",
    ":x",
    ".",
    "..",
    "%2e",
    "/../",
    "?x",
    "#x",
    "\\",
    "/\\evil.example",
)
SIGNS = "abcslak.com/:@#?%\\[]-_~!$&'()*+,;=0129\t\n\r \x00é。/"
CARRIED = 20_000  # addresses made by chance


def addresses() -> list[str]:
    """Every way in which these parts are put together, and a number of addresses by chance."""
    made = []
    for scheme, glue, tail in itertools.product(SCHEMES, GLUE, TAILS):
        for ours, evil in itertools.product(OURS[:2], EVIL):
            made += [f"{scheme}://{ours}{glue}{evil}{tail}", f"{scheme}://{evil}{glue}{ours}{tail}"]
    chance = random.Random(15)
    for _ in range(CARRIED):
        middle = "".join(chance.choices(SIGNS, k=chance.randint(1, 24)))
        made.append(f"https://{middle}{chance.choice(('', '@', '.', '/', ':'))}{chance.choice((*OURS, *EVIL))}")
    return made


def test_no_trick_with_an_address_carries_the_token_elsewhere() -> None:
    """What is trusted is also read by the HTTP client as one of Slack's hosts, over TLS, at its usual port."""
    made = addresses()
    assert len(made) == len(SCHEMES) * len(GLUE) * len(TAILS) * 2 * len(EVIL) * 2 + CARRIED == 82_720
    through, trusted = [], 0
    for url in made:
        if not HOSTS.trusts(url):
            continue
        trusted += 1
        read = httpx.URL(url)  # what is trusted can also be sent
        host = read.host.rstrip(".")
        ours = host in OURS or host.endswith((".slack.com", ".slack-edge.com"))
        if read.scheme != "https" or not ours or read.port not in (None, 443) or read.userinfo:
            through.append(url)
    assert through == []
    assert trusted > 100  # the property is about something


# redirects

STATUSES = (301, 302, 303, 307, 308)
TARGETS = (
    "{elsewhere}/anything",
    "{elsewhere}/bytes/F1",
    "{elsewhere}/files.slack.com/x",
    "{elsewhere}/?url=https://files.slack.com/",
    "{elsewhere}/%2e%2e/files-pri/x",
    "{bare_elsewhere}/anything",  # relative to the scheme
    "http://slack.com@{host}/x",
    "http://files.slack.com:x@{host}/x",
    "http://user:pw@{host}/x",
    "http://{host}\\@files.slack.com/x",
    "http://{host}#@files.slack.com/x",
    "http://{host}?@files.slack.com/x",
    "http://localhost:{port}/x",
    "http://[::1]:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://2130706433:{port}/x",
    "http://127.1:{port}/x",
    "http://0x7f.1:{port}/x",
    "HTTP://{host}/x",
    "http://{host}./x",
    "ftp://{host}/x",
    "file:///etc/passwd",
    "gopher://{host}/x",
    "http://[::1/x",  # no address at all
)


def targets(elsewhere: str) -> list[str]:
    host = elsewhere.partition("//")[2]
    facts = {"elsewhere": elsewhere, "bare_elsewhere": f"//{host}", "host": host, "port": host.rpartition(":")[2]}
    return [target.format(**facts) for target in TARGETS]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path) as found:
        yield found


async def test_no_redirect_of_a_file_leaves_slack(place: Workplace) -> None:
    _, job = await place.upload(upload=RECORDING)
    age(place, job)
    tries = 0
    for status, target in itertools.product(STATUSES, targets(place.slack.elsewhere_url)):
        fault = place.slack.fault(Fault("/files-pri/*", times=None, redirect=target, redirect_status=status))
        assert await refused(place, job) is ProblemCode.FILE_WITHHELD
        place.slack.faults.clear(fault.id)
        tries += 1
    assert tries == 120
    host = place.slack.elsewhere_url.partition("//")[2]
    assert [entry.method for entry in place.slack.ledger.entries if entry.host == host] == []
    assert place.slack.ledger.strays == []


class Pointing(LocalServer):
    """A Web API that answers every call with a redirect, and the place where it points, which notes what comes."""

    def __init__(self) -> None:
        self.status, self.target = 302, ""
        self.reached: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._point)
        app.router.add_route("*", "/{rest:.*}", self._note)
        return app

    async def _point(self, _: web.Request) -> web.Response:
        return web.Response(status=self.status, headers={"Location": self.target})

    async def _note(self, request: web.Request) -> web.Response:
        self.reached.append(f"{request.headers.get('Authorization', '')} {await request.text()}")
        return web.json_response({"ok": True})


CALLS: tuple[tuple[Method, dict[str, object]], ...] = (
    (Method.FILE_INFO, {"file": "F1"}),
    (Method.USER_INFO, {"user": "U1"}),
    (Method.CHANNEL_INFO, {"channel": "C1"}),
    (Method.CONVERSATIONS, {"user": "U1"}),
    (Method.POST, {"channel": "C1", "text": "Marigold"}),
    (Method.UPDATE, {"channel": "C1", "ts": "1.0", "text": "Marigold"}),
    (Method.DELETE, {"channel": "C1", "ts": "1.0"}),
)


async def test_no_redirect_of_the_web_api_carries_token_or_text_elsewhere(place: Workplace, tmp_path: Path) -> None:
    tries = 0
    async with Pointing() as pointing:
        settings = bot_settings(place.slack, tmp_path / "other.db", SLACK_API_URL=f"{pointing.url}/api/")
        async with open_client(settings, HandClock(1000.0)) as client:
            for status, (method, arguments) in itertools.product(STATUSES, CALLS):
                pointing.status, pointing.target = status, f"{pointing.url}/elsewhere"
                with pytest.raises(StepError):
                    async with asyncio.timeout(60):
                        await client.call(method, **arguments)
                tries += 1
            with pytest.raises(StepError):
                await client.respond(f"{pointing.url}/api/response", {"text": "Marigold"})
        assert tries == 35
        assert pointing.reached == []
