"""What comes in at the HTTP port: signed by nobody, by somebody else, wrongly, long ago; signed and odd.

Nothing that Slack did not sign does anything, and nothing, signed or not, is a fault of the bot's (no 500).
"""

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from simulators.slack.outgoing.events_api import signature
from tests.slack.incoming.test_entrance import MESSAGE, ODD
from tests.support.harnesses.slack import Workplace, workplace
from tests.web.served import Served

Headers = list[tuple[str, str]]
STAMP, SIGNED = "X-Slack-Request-Timestamp", "X-Slack-Signature"
EVENT = json.dumps(MESSAGE).encode()
COMMAND = b"command=%2Ftranscribe&text=list&team_id=T0LOCAL&user_id=U0ALICE&channel_id=C0CLINIC"
PRESS = (
    b"payload="
    + json.dumps({"type": "block_actions", "actions": [{"type": "button", "action_id": "retry_job"}]}).encode()
)
CHALLENGE = json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()
BODIES = (EVENT, COMMAND, PRESS, CHALLENGE, b"", b"\xff\xfe", b"[" * 50_000)


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, http_mode=True) as found:
        yield found


def forgeries(secret: str) -> list[Callable[[bytes], Headers]]:
    """Ways to sign that are not Slack's: what each puts into the headers for a body."""

    def made(stamp: str, signed: str, by: str = secret, version: str = "v0=") -> Callable[[bytes], Headers]:
        def headers(body: bytes) -> Headers:
            good = signature(by, signed, body)
            return [(STAMP, stamp), (SIGNED, version + good.removeprefix("v0="))]

        return headers

    now = str(int(time.time()))
    old, late = str(int(time.time()) - 301 - 60), str(int(time.time()) + 301 + 60)
    fixed: list[Headers] = [
        [],
        [(STAMP, now)],
        [(SIGNED, "v0=" + "0" * 64)],
        [(STAMP, now), (SIGNED, "")],
        [(STAMP, ""), (SIGNED, "v0=" + "0" * 64)],
        [(STAMP, now), (SIGNED, "v0=")],
        [(STAMP, now), (SIGNED, "v0=" + "0" * 64)],
        [(STAMP, now), (SIGNED, "v0=" + "é" * 64)],
        [(STAMP, now), (SIGNED, "v0=" + "z" * 64)],
        [(STAMP, now), (SIGNED, "v0=" + "0" * 4_000)],
        [(STAMP, "9" * 4_000), (SIGNED, "v0=" + "0" * 64)],
        [(STAMP, "-1"), (SIGNED, "v0=" + "0" * 64)],
        [(STAMP, "1e9"), (SIGNED, "v0=" + "0" * 64)],
        [(STAMP, "٣"), (SIGNED, "v0=" + "0" * 64)],
    ]
    return [
        *(lambda _, each=each: each for each in fixed),
        made(old, old),
        made(late, late),
        made(now, old),
        made(now, now, by=""),
        made(now, now, by=" "),
        made(now, now, by=secret.upper()),
        made(now, now, by=secret[:-1]),
        made(now, now, version="v1="),
        made(now, now, version="V0="),
        made(now, now, version=""),
        lambda body: [(STAMP, now), (SIGNED, signature(secret, now, body).upper())],
        lambda body: [(STAMP, now), (SIGNED, signature(secret, now, body)[:-1])],
        lambda body: [(STAMP, now), (SIGNED, signature(secret, now, body) + "0")],
        lambda body: [(STAMP, now), (SIGNED, signature(secret, now, body + b" "))],
        lambda body: [(STAMP, now), (SIGNED, "v0=" + "0" * 64), (SIGNED, signature(secret, now, body))],
        lambda body: [(STAMP, old), (STAMP, now), (SIGNED, signature(secret, now, body))],
    ]


async def test_what_slack_did_not_sign_does_nothing(http: Workplace) -> None:
    ways = forgeries(http.settings.slack_signing_secret.get_secret_value())
    tries, answers = 0, set()
    async with aiohttp.ClientSession() as session:
        for way, body in itertools.product(ways, BODIES):
            form = "application/json" if body in (EVENT, CHALLENGE) else "application/x-www-form-urlencoded"
            headers = [*way(body), ("Content-Type", form)]
            async with session.post(http.slack.options.request_url, data=body, headers=headers) as answer:
                answers.add(answer.status)
                assert b"challenge" not in await answer.read()
            tries += 1
    assert tries == len(ways) * len(BODIES) == 210
    assert answers == {401}
    assert await http.jobs() == []
    assert [m for m in http.slack.workspace.all_messages() if m.is_bot] == []


async def test_what_is_signed_and_odd_is_no_fault_of_the_bot_s(http: Workplace) -> None:
    """Each odd body as JSON, as a form and with the other content type, signed by Slack's own secret."""
    tries = 0
    for body, form in itertools.product(
        ODD, ("application/json", "application/x-www-form-urlencoded", "text/plain", "")
    ):
        for raw in (json.dumps(body).encode(), b"payload=" + json.dumps(body).encode()):
            headers = {**http.slack.events_api.signed(raw), "Content-Type": form}
            status, _ = await http.slack.events_api.post_raw(raw, headers)
            assert status < 500, (body, form)
            tries += 1
    assert tries == len(ODD) * 4 * 2 == 208
    assert await http.jobs() == []


GUESSES = ("guess", "0" * 32, "%00", "..%2f..%2fslack", "x" * 200, "'or'1'='1")
SHAPES = (
    b"{}",
    b"[]",
    b"null",
    b'{"docId":"x"}',
    b'{"id":"x","status":"completed"}',
    b"",
    b"\xff",
    b"[" * 50_000,
    b"x=1",
)


async def test_webhooks_without_the_secret_are_not_believed(served_bot: Served) -> None:
    tries, answers = 0, set()
    async with aiohttp.ClientSession() as session:
        for provider, guess, body in itertools.product(("xosum", "invox", "nabla", "local", "nobody"), GUESSES, SHAPES):
            async with session.post(f"{served_bot.public}/hooks/{provider}/{guess}", data=body) as answer:
                answers.add(answer.status)
            tries += 1
    assert tries == 270
    assert answers <= {401, 404}
