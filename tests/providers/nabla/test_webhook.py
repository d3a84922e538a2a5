"""Which of Nabla's webhooks are believed."""

import json

import pytest

from bot.domain.errors import WebhookRefused
from bot.http import Http
from bot.ports.provider import TranscriptionRequest, WebhookRequest
from bot.providers.nabla.provider import NablaProvider
from bot.providers.nabla.signature import read_news, read_time
from simulators.nabla import NablaSimulator
from simulators.provider.jobs import Variant
from tests.providers.nabla.jobs import finished
from tests.providers.peers import REF, StillClock, as_request
from tests.simulators.provider.peers import Receiver
from tests.support.providers import account


@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("form", ["iso", "seconds"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
async def test_a_webhook_with_one_of_several_signatures_names_its_job(
    sim: NablaSimulator,
    nabla: NablaProvider,
    order: TranscriptionRequest,
    receiver: Receiver,
    envelope: bool,
    form: str,
    prefix: str,
) -> None:
    sim.settings.webhook_url, sim.settings.webhook_envelope = receiver.url, envelope
    sim.settings.timestamp_form, sim.settings.signature_prefix = form, prefix  # type: ignore[assignment]  # a literal
    remote = await finished(nabla, sim, order)
    news = nabla.verify_webhook(as_request((await receiver.wait_for(1))[0]))
    assert (news.ref, news.client_ref, news.ignored) == (remote.ref, REF, "")
    assert nabla.parse_pushed(news.result) is None


@pytest.mark.parametrize("variant", ["forged", "unsigned", "stale", "altered"])
async def test_every_webhook_that_is_not_believed_is_refused_alike(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, receiver: Receiver, variant: Variant
) -> None:
    sim.settings.webhook_url = receiver.url
    sim.plan(webhook="never")
    remote = await finished(nabla, sim, order)
    await sim.send_webhook(remote.ref, variant)
    with pytest.raises(WebhookRefused) as caught:
        nabla.verify_webhook(as_request(receiver.hooks[0]))
    assert (caught.value.status, caught.value.reason) == (401, "signature")


async def test_a_genuine_body_that_is_no_job_is_ignored(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, receiver: Receiver
) -> None:
    sim.settings.webhook_url = receiver.url
    sim.plan(webhook="never")
    remote = await finished(nabla, sim, order)
    await sim.send_webhook(remote.ref, "malformed")
    assert nabla.verify_webhook(as_request(receiver.hooks[0])).ignored == "unrecognised"


@pytest.mark.parametrize("age", [-301, 301])
async def test_a_webhook_is_believed_for_five_minutes_either_way(
    sim: NablaSimulator,
    nabla: NablaProvider,
    order: TranscriptionRequest,
    receiver: Receiver,
    clock: StillClock,
    age: float,
) -> None:
    sim.settings.webhook_url = receiver.url
    await finished(nabla, sim, order)
    request = as_request((await receiver.wait_for(1))[0])
    clock.advance(age)
    with pytest.raises(WebhookRefused):
        nabla.verify_webhook(request)
    clock.advance(-1 if age > 0 else 1)
    assert nabla.verify_webhook(request).ref


async def test_no_webhook_is_believed_while_no_secret_is_set(
    sim: NablaSimulator, http: Http, clock: StillClock
) -> None:
    deaf = account("nabla", {"NABLA_BASE_URL": sim.base_url}, http, clock)
    with pytest.raises(WebhookRefused):
        deaf.verify_webhook(WebhookRequest(b"{}", {}))
    assert not deaf.capabilities.pushes


@pytest.mark.parametrize(
    ("body", "ref", "client_ref"),
    [
        ({"id": "a", "status": "SUCCEEDED"}, "a", ""),
        ({"client_request_id": "c"}, "", "c"),
        ({"id": "hook", "type": "t", "created_at": "x", "data": {"id": "a", "client_request_id": "c"}}, "a", "c"),
        ({"id": "hook", "type": "t", "created_at": "x"}, None, None),
        ({"id": "hook", "data": "text", "status": "SUCCEEDED"}, None, None),
        ({"id": "bad id\n", "status": "SUCCEEDED"}, None, None),
        ([1], None, None),
    ],
)
def test_a_webhook_is_read_by_its_shape(body: object, ref: str | None, client_ref: str | None) -> None:
    news = read_news(json.dumps(body).encode())
    if ref is None:
        assert news.ignored == "unrecognised"
    else:
        assert (news.ref, news.client_ref, news.ignored) == (ref, client_ref, "")


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        ("2025-06-15T15:06:40Z", 1_750_000_000.0),
        ("2025-06-15T15:06:40.000+00:00", 1_750_000_000.0),
        ("2025-06-15T15:06:40", 1_750_000_000.0),
        ("1750000000", 1_750_000_000.0),
        ("1750000000.5", 1_750_000_000.5),
        ("1750000000000", 1_750_000_000.0),
        ("", None),
        ("1_750_000_000", None),
        ("nan", None),
    ],
)
def test_a_timestamp_is_read_in_each_form(timestamp: str, seconds: float | None) -> None:
    assert read_time(timestamp) == seconds
