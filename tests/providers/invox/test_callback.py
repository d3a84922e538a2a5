"""Which of Invox Medical's callbacks are believed, and what they bring."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.errors import Rejected, WebhookRefused
from bot.http import Http
from bot.ports.provider import Pending, WebhookRequest
from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSimulator
from simulators.provider.jobs import Variant
from tests.providers.invox.jobs import Build, finished, hand_over
from tests.providers.peers import REF, StillClock, as_request
from tests.simulators.provider.peers import Receiver
from tests.support.providers import account

TOKEN = "job-token-0001"


# the callback


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as running:
        yield running


@pytest.fixture
def pushed(build: Build, receiver: Receiver) -> Build:
    return lambda **more: build(PUBLIC_URL=receiver.url, **more)


@pytest.mark.parametrize("signature_format", ["A", "B"])
@pytest.mark.parametrize(("speaker", "label"), [("speakerId", "Speaker_00"), ("speaker", "Speaker 0")])
@pytest.mark.parametrize("status", ["COMPLETED", "SUCCESS", None])
async def test_a_callback_brings_the_result_with_its_speakers(
    sim: InvoxSimulator,
    pushed: Build,
    receiver: Receiver,
    signature_format: str,
    speaker: str,
    label: str,
    status: str | None,
) -> None:
    sim.settings.signature_format = signature_format  # type: ignore[assignment]  # one of the literals
    sim.settings.callback_speaker = speaker  # type: ignore[assignment]  # one of the literals
    sim.settings.callback_status = status
    invox = pushed()
    remote = await finished(invox, sim, f"{receiver.url}/hooks/invox/{TOKEN}")
    hook = (await receiver.wait_for(1))[0]
    assert hook.path == f"/hooks/invox/{TOKEN}"
    news = invox.verify_webhook(as_request(hook, TOKEN))
    assert (news.ref, news.hook_token, news.ignored) == (remote.ref, TOKEN, "")
    told = pushed(INVOX_CONFIRM_CALLBACK="false").parse_pushed(news.result)
    assert told is not None
    assert label in told.speakers
    fetched = await invox.fetch(remote, REF)
    assert fetched.speakers == ()
    confirmed = invox.merge_pushed(fetched, news.result)
    assert (confirmed.text, confirmed.speakers) == (fetched.text, told.speakers)
    assert sim.violations == []


async def test_an_altered_callback_gives_way_to_what_the_service_says(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    invox = pushed()
    sim.plan(webhook="never")
    remote = await finished(invox, sim, receiver.url)
    await sim.send_webhook(remote.ref, "altered")
    news = invox.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    fetched = await invox.fetch(remote, REF)
    assert invox.merge_pushed(fetched, news.result).text == fetched.text


async def test_a_callback_is_taken_at_its_word_only_when_that_is_configured(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    trusting, careful = pushed(INVOX_CONFIRM_CALLBACK="false"), pushed()
    sim.plan(webhook="never")
    remote = await hand_over(careful, hook_url=receiver.url)
    await sim.send_webhook(remote.ref, "altered")
    news = careful.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    for invox in (trusting, careful):
        assert await invox.poll(remote, REF) == Pending()  # the service itself says: pending
    assert careful.parse_pushed(news.result) is None
    told = trusting.parse_pushed(news.result)
    assert told is not None
    assert told.text == "Altered on the way"
    sim.finish(remote.ref)
    fetched = await trusting.fetch(remote, REF)
    assert trusting.merge_pushed(fetched, news.result) == told


async def test_a_callback_is_taken_where_polling_is_not_served_beside_it(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    sim.settings.poll_beside_callback = False
    invox = pushed()
    remote = await finished(invox, sim, receiver.url)
    news = invox.verify_webhook(as_request((await receiver.wait_for(1))[0], TOKEN))
    assert invox.parse_pushed(news.result) is None  # not before the service was asked
    assert await invox.poll(remote, REF) == Pending()
    assert invox.parse_pushed(news.result) is not None


async def test_a_failure_can_be_told_by_the_callback(sim: InvoxSimulator, pushed: Build, receiver: Receiver) -> None:
    sim.settings.callback_on_error = True
    sim.settings.poll_beside_callback = False
    invox = pushed()
    sim.plan(outcome="failed", error="Unusable audio")
    remote = await finished(invox, sim, receiver.url)
    news = invox.verify_webhook(as_request((await receiver.wait_for(1))[0], TOKEN))
    assert invox.parse_pushed(news.result) is None
    assert await invox.poll(remote, REF) == Pending()
    with pytest.raises(Rejected) as caught:
        invox.parse_pushed(news.result)
    assert caught.value.problem.params["detail"] == "Unusable audio"


async def test_a_status_of_any_length_makes_a_key_that_a_database_can_index(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    sim.settings.callback_status = "Z" * 5000
    invox = pushed()
    remote = await finished(invox, sim, f"{receiver.url}/hooks/invox/{TOKEN}")
    news = invox.verify_webhook(as_request((await receiver.wait_for(1))[0], TOKEN))
    assert news.ref == remote.ref
    assert len(news.key) < 300  # a reference has 200 at most


@pytest.mark.parametrize("variant", ["forged", "unsigned", "malformed"])
async def test_every_callback_that_is_not_believed_is_refused_alike(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver, variant: Variant
) -> None:
    invox = pushed()
    sim.plan(webhook="never")
    remote = await finished(invox, sim, receiver.url)
    await sim.send_webhook(remote.ref, variant)
    with pytest.raises(WebhookRefused) as caught:
        invox.verify_webhook(as_request(receiver.hooks[0], TOKEN))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


async def test_a_good_signature_without_a_jobs_token_is_refused(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver
) -> None:
    invox = pushed()
    await finished(invox, sim, receiver.url)
    with pytest.raises(WebhookRefused) as caught:
        invox.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


@pytest.mark.parametrize(
    ("pinned", "sent", "fine"), [("cryptojs", "B", False), ("raw", "A", False), ("raw", "B", True)]
)
async def test_the_format_can_be_pinned(
    sim: InvoxSimulator, pushed: Build, receiver: Receiver, pinned: str, sent: str, fine: bool
) -> None:
    sim.settings.signature_format = sent  # type: ignore[assignment]  # one of the literals
    invox = pushed(INVOX_SIGNATURE_FORMAT=pinned)
    await finished(invox, sim, receiver.url)
    request = as_request((await receiver.wait_for(1))[0], TOKEN)
    if fine:
        assert invox.verify_webhook(request).ref
    else:
        with pytest.raises(WebhookRefused):
            invox.verify_webhook(request)


async def test_without_a_secret_or_an_address_no_callback_is_asked_for(
    sim: InvoxSimulator, build: Build, http: Http, clock: StillClock, receiver: Receiver
) -> None:
    deaf = {**sim.environment(), "INVOX_APP_SECRET": "", "PUBLIC_URL": receiver.url}
    for invox in (build(), account("invox", deaf, http, clock)):
        remote = await hand_over(invox, hook_url=receiver.url)
        assert sim.jobs[remote.ref].callback_url == ""
        assert not invox.capabilities.pushes


# reading


def test_a_request_without_headers_is_refused_too(invox: InvoxProvider) -> None:
    with pytest.raises(WebhookRefused):
        invox.verify_webhook(WebhookRequest(b"", {}, TOKEN))
