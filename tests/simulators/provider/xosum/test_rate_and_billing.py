"""How often the Xosum simulator may be called, and what it charges."""

import asyncio

import httpx
import pytest

from simulators.provider.results import mark_of
from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import MovableClock, Receiver, kinds, silent_mp3
from tests.simulators.provider.xosum.client import Client

# rate


async def test_the_61st_call_of_a_wall_clock_minute_is_429_with_the_seconds_to_the_next(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    clock.at = 1_750_000_020.0 - 1_750_000_020.0 % 60 + 47
    made = (await client.create()).json()
    for _ in range(59):
        assert (await client.read(made["docId"])).status_code == 200
    assert (await client.put(made["uploadUrl"])).status_code == 200  # storage does not count
    refused = await client.read(made["docId"])
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "13"
    assert (await client.create()).status_code == 429
    assert (await client.put(made["uploadUrl"])).status_code == 200
    assert kinds(xosum) == ["rate-limit", "rate-limit"]
    clock.advance(13)
    assert (await client.read(made["docId"])).status_code == 200
    assert sorted(xosum.ledger.per_minute().values()) == [1, 62]


async def test_the_minute_follows_the_providers_skewed_clock(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    clock.at = 1_750_000_020.0 - 1_750_000_020.0 % 60 + 30
    xosum.settings.rate_limit = 1
    await client.http.post(f"{xosum.url}/control/clock", json={"skew": 25})
    assert (await client.read((await client.create()).json()["docId"])).headers["Retry-After"] == "5"


# billing


async def test_a_create_without_upload_is_not_billed_and_an_upload_is_billed_once(
    xosum: XosumSimulator, client: Client
) -> None:
    await client.create()
    made = (await client.create()).json()
    content = silent_mp3(30, "bill")
    first = await client.put(made["uploadUrl"], content)
    again = await client.put(made["uploadUrl"], content)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["ETag"] == again.headers["ETag"]
    (entry,) = xosum.billed
    assert (entry.job, entry.size) == (made["docId"], len(content))
    assert entry.seconds == pytest.approx(30, abs=0.1)


async def test_a_repeated_put_neither_restarts_the_job_nor_doubles_its_webhook(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    made = (await client.create()).json()
    await client.put(made["uploadUrl"])
    clock.advance(8)
    await client.put(made["uploadUrl"], silent_mp3(3, "other bytes"))
    clock.advance(1)
    done = (await client.read(made["docId"])).json()
    assert mark_of(xosum.billed[0].sha256) in done["transcription"]
    await xosum.settle()
    clock.advance(100)
    await xosum.settle()
    assert len(receiver.hooks) == 1


async def test_two_puts_at_once_to_one_url_are_billed_once(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    await asyncio.gather(*(client.put(made["uploadUrl"], silent_mp3(60)) for _ in range(4)))
    assert len(xosum.billed) == 1


async def test_a_client_that_leaves_in_mid_put_stores_nothing(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    url = httpx.URL(made["uploadUrl"])
    _reader, writer = await asyncio.open_connection(url.host, url.port)
    path = url.raw_path.decode()
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: audio/mpeg\r\nContent-Length: 100000\r\n\r\n"
    writer.write(head.encode() + silent_mp3(1))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await client.read(made["docId"])).json()["status"] == "uploading"
    assert xosum.billed == []
    assert (await client.put(made["uploadUrl"])).status_code == 200
    assert [entry.size for entry in xosum.billed] == [len(silent_mp3(2))]
    assert xosum.violations == []
