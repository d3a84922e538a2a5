"""Which webhooks the Xosum simulator sends, when, and how often."""

import pytest

from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import MovableClock, Receiver
from tests.simulators.provider.xosum.client import Client


async def test_the_webhook_carries_the_secret_and_the_result(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    doc = await client.uploaded(type="phone_call", metadata={"job": "9"})
    await xosum.settle()
    assert receiver.hooks == []
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    body = hook.json
    assert hook.path == "/hooks/xosum"
    assert "Authorization" not in hook.headers
    assert body.keys() == {
        *("event_type", "secret", "docId", "transcription", "metadata", "title", "resolution", "link"),
    }
    assert (body["event_type"], body["secret"]) == ("transcript_ready", xosum.settings.webhook_secret)
    assert (body["docId"], body["metadata"]) == (doc, {"job": "9"})
    assert body["transcription"] == (await client.read(doc)).json()["transcription"]


async def test_the_oldest_webhook_has_no_event_type(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.settings.webhook_has_event_type = False
    await client.uploaded()
    clock.advance(9)
    assert "event_type" not in (await receiver.wait_for(1))[0].json


async def test_a_webhook_is_repeated_with_its_spacing_until_200(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [500, 202, 302]
    xosum.settings.webhook_spacing = (1.0, 10.0)
    await client.uploaded()
    clock.advance(9)
    for count, wait in ((1, 1.0), (2, 10.0), (3, 10.0)):
        await receiver.wait_for(count)
        await xosum.settle()
        clock.advance(wait - 0.5)
        await xosum.settle()
        assert len(receiver.hooks) == count
        clock.advance(0.5)
    await receiver.wait_for(4)
    await xosum.settle()
    clock.advance(1000)
    await xosum.settle()
    assert [delivery.status for delivery in xosum.ledger.deliveries] == [500, 202, 302, 200]
    assert xosum.webhooks.outstanding() == 0


async def test_a_webhook_gives_up_and_survives_a_dead_receiver(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.webhook_url = "http://127.0.0.1:9/nobody"
    xosum.settings.webhook_attempts = 2
    await client.uploaded()
    for _ in range(4):
        clock.advance(20)
        await xosum.settle()
    assert [delivery.status for delivery in xosum.ledger.deliveries] == [0, 0]
    assert all(delivery.error for delivery in xosum.ledger.deliveries)


async def test_webhooks_come_early_late_twice_or_never(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.plan(webhook="early")
    made = (await client.create()).json()
    assert [hook.json["docId"] for hook in receiver.hooks] == [made["docId"]]  # before the answer was here
    receiver.hooks.clear()
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        xosum.plan(**plan)
    never, twice, late = [await client.uploaded() for _ in range(3)]
    clock.advance(9)
    await receiver.wait_for(2)
    await xosum.settle()
    assert [hook.json["docId"] for hook in receiver.hooks] == [twice, twice]
    clock.advance(100)
    await receiver.wait_for(3)
    assert receiver.hooks[-1].json["docId"] == late
    assert never in xosum.jobs


async def test_hostile_webhooks_on_request(xosum: XosumSimulator, client: Client, receiver: Receiver) -> None:
    doc = await client.uploaded()
    for variant in ("normal", "forged", "unsigned", "altered", "foreign", "analysis"):
        assert (await xosum.send_webhook(doc, variant)).status == 200
    normal, forged, unsigned, altered, foreign, analysis = [hook.json for hook in receiver.hooks]
    secret = xosum.settings.webhook_secret
    assert forged["secret"] not in (secret, None)
    assert "secret" not in unsigned
    assert altered["secret"] == secret
    assert altered["transcription"] != normal["transcription"]
    assert (foreign["secret"], foreign["docId"] in xosum.jobs) == (secret, False)
    assert analysis["event_type"] == "analysis_ready"
    await xosum.send_webhook(doc, "malformed")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json
    unknown = await xosum.send_webhook("somebody-elses", url=f"{receiver.url}/elsewhere")
    assert unknown.url.endswith("/elsewhere")
    assert receiver.hooks[-1].json["docId"] == "somebody-elses"


async def test_hostile_webhooks_can_precede_the_real_one(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.plan(extras=("forged", "foreign"))
    receiver.answers = [401, 401]
    doc = await client.uploaded()
    clock.advance(9)
    await receiver.wait_for(3)
    await xosum.settle()
    assert [delivery.variant for delivery in xosum.ledger.deliveries] == ["forged", "foreign", "normal"]
    assert receiver.hooks[-1].json["docId"] == doc


async def test_a_checklist_brings_the_analysis_webhook_too(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    await client.uploaded(checklistId="qa-1")
    clock.advance(9)
    hooks = await receiver.wait_for(2)
    assert {hook.json["event_type"] for hook in hooks} == {"transcript_ready", "analysis_ready"}


async def test_finish_ends_a_job_and_sends_its_webhook_at_once(
    xosum: XosumSimulator, client: Client, receiver: Receiver
) -> None:
    doc = await client.uploaded()
    xosum.finish(doc)
    assert (await receiver.wait_for(1))[0].json["docId"] == doc
    assert (await client.read(doc)).json()["status"] == "transcribed"
