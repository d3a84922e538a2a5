"""Which webhooks the Nabla simulator sends, when, and how they are signed."""

import hashlib
import hmac
from typing import Any, Literal

import pytest

from simulators.nabla import NablaSimulator
from simulators.provider.jobs import Variant
from tests.simulators.provider.nabla.client import Client
from tests.simulators.provider.peers import Hook, MovableClock, Receiver, pushed


def verified(hook: Hook, secret: str) -> bool:
    """Check a webhook with the primitives only, not with the simulator's code."""
    stamp, header = hook.headers["x-nabla-webhook-timestamp"], hook.headers["x-nabla-webhook-signature"]
    digest = hmac.new(secret.encode(), stamp.encode() + hook.raw, hashlib.sha256).hexdigest()
    return digest in [part.strip().removeprefix("sha256=") for part in header.split(",")]


@pytest.mark.parametrize("form", ["iso", "seconds"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
@pytest.mark.parametrize("envelope", [False, True])
async def test_the_webhook_is_signed_over_its_time_and_raw_body(
    nabla: NablaSimulator,
    client: Client,
    clock: MovableClock,
    receiver: Receiver,
    form: Literal["iso", "seconds"],
    prefix: str,
    envelope: Any,
) -> None:
    settings = nabla.settings
    settings.timestamp_form, settings.signature_prefix, settings.webhook_envelope = form, prefix, envelope
    request = await client.fetched(client_request_id="mine")
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    assert verified(hook, settings.webhook_secret)
    assert verified(hook, settings.retiring_webhook_secret)
    assert not verified(hook, "another secret")
    assert hook.headers["x-nabla-webhook-signature"].count(",") == 1
    stamp = hook.headers["x-nabla-webhook-timestamp"]
    assert stamp == (str(int(clock.at)) if form == "seconds" else "2025-06-15T15:06:49.000Z")
    body = hook.json
    if envelope:
        assert body.keys() == {"id", "type", "created_at", "data"}
        body = body["data"]
    assert (body["id"], body["client_request_id"], body["status"]) == (request, "mine", "SUCCEEDED")


async def test_a_webhook_is_repeated_until_200_and_signed_anew(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [500, 401]
    await client.fetched()
    await pushed(3, nabla, clock, receiver)
    assert [delivery.status for delivery in nabla.ledger.deliveries] == [500, 401, 200]
    assert len({hook.headers["x-nabla-webhook-timestamp"] for hook in receiver.hooks}) == 3
    assert all(verified(hook, nabla.settings.webhook_secret) for hook in receiver.hooks)


async def test_webhooks_come_early_late_twice_or_never(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    nabla.plan(webhook="early")
    made = (await client.create()).json()
    assert made["status"] == "SUCCEEDED"
    assert receiver.hooks[0].json["id"] == made["id"]
    await nabla.settle()
    receiver.hooks.clear()
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        nabla.plan(**plan)
    _never, twice, late = [await client.fetched() for _ in range(3)]
    clock.advance(9)
    await nabla.settle()
    clock.advance(100)
    await nabla.settle()
    assert [hook.json["id"] for hook in receiver.hooks] == [twice, twice, late]


async def test_hostile_webhooks_on_request(nabla: NablaSimulator, client: Client, receiver: Receiver) -> None:
    request = await client.fetched()
    variants: tuple[Variant, ...] = ("normal", "forged", "altered", "stale", "foreign", "unsigned")
    for variant in variants:
        assert (await nabla.send_webhook(request, variant)).status == 200
    hooks = dict(zip(variants, receiver.hooks, strict=True))
    secret = nabla.settings.webhook_secret
    assert [verified(hooks[variant], secret) for variant in variants[:5]] == [True, False, False, True, True]
    assert hooks["altered"].json == hooks["normal"].json  # only the raw bytes tell
    assert hooks["stale"].headers["x-nabla-webhook-timestamp"] < hooks["normal"].headers["x-nabla-webhook-timestamp"]
    assert hooks["foreign"].json["id"] not in nabla.jobs
    assert "x-nabla-webhook-signature" not in hooks["unsigned"].headers
    await nabla.send_webhook(request, "malformed")
    assert verified(receiver.hooks[-1], secret)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json
