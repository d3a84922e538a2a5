"""Which of Xosum's webhooks are believed, and what they bring."""

import json
from collections.abc import Callable

import pytest

from bot.domain.errors import WebhookRefused
from bot.ports.provider import WebhookRequest
from bot.providers.xosum.provider import XosumProvider
from simulators.provider.jobs import Variant
from simulators.xosum import XosumSimulator
from tests.providers.peers import REF, Meter, StillClock, as_request
from tests.providers.xosum.jobs import finished
from tests.simulators.provider.peers import Receiver
from tests.support.providers import account


async def test_a_webhook_brings_the_result(sim: XosumSimulator, xosum: XosumProvider, meter: Meter) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = f"{receiver.url}/hooks/xosum"
        remote = await finished(xosum, sim, meter)
        news = xosum.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (news.ref, news.key, news.ignored) == (remote.ref, f"{remote.ref}:transcript_ready", "")
    assert sim.settings.webhook_secret.encode() not in news.result
    pushed = xosum.parse_pushed(news.result)
    fetched = await xosum.fetch(remote, REF)
    assert pushed is not None
    assert (pushed.segments, pushed.title, pushed.summary) == (fetched.segments, fetched.title, fetched.summary)


@pytest.mark.parametrize("variant", ["forged", "unsigned", "malformed"])
async def test_a_webhook_without_the_secret_is_refused(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter, variant: Variant
) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = receiver.url
        sim.plan(webhook="never")
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref, variant)
        with pytest.raises(WebhookRefused) as caught:
            xosum.verify_webhook(as_request(receiver.hooks[0]))
    assert caught.value.status == (400 if variant == "malformed" else 401)


async def test_an_analysis_and_an_unknown_event_are_ignored_and_the_oldest_form_is_understood(
    sim: XosumSimulator, xosum: XosumProvider, meter: Meter
) -> None:
    async with Receiver() as receiver:
        sim.settings.webhook_url = receiver.url
        sim.plan(webhook="never")
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref, "analysis")
        sim.settings.webhook_has_event_type = False
        await sim.send_webhook(remote.ref)
        await sim.send_webhook(remote.ref, "analysis")
        analysis, oldest, bare_analysis = [xosum.verify_webhook(as_request(hook)) for hook in receiver.hooks]
    assert analysis.ignored == "analysis"
    assert (oldest.ref, oldest.ignored) == (remote.ref, "")
    assert bare_analysis.ignored


async def test_no_webhook_is_believed_while_no_secret_is_set(
    sim: XosumSimulator, build: Callable[..., XosumProvider], meter: Meter
) -> None:
    known = {**sim.environment(), "XOSUM_WEBHOOK_SECRET": ""}
    xosum = account("xosum", known, build()._http, StillClock())
    async with Receiver() as receiver:
        sim.settings.webhook_url, sim.settings.webhook_secret = receiver.url, ""
        remote = await finished(xosum, sim, meter)
        await sim.send_webhook(remote.ref)
        with pytest.raises(WebhookRefused):
            xosum.verify_webhook(as_request(receiver.hooks[0]))


@pytest.mark.parametrize("words", [{}, {"transcription": None}, {"transcription": " "}])
async def test_a_webhook_without_text_wakes_and_is_not_taken_for_silence(
    sim: XosumSimulator, xosum: XosumProvider, words: dict[str, object]
) -> None:
    body = {"secret": sim.settings.webhook_secret, "event_type": "transcript_ready", "docId": "doc-1", **words}
    news = xosum.verify_webhook(WebhookRequest(json.dumps(body).encode(), {}))
    assert (news.ref, news.ignored) == ("doc-1", "")
    assert xosum.parse_pushed(news.result) is None
