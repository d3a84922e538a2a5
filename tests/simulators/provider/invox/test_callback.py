"""Which callbacks the Invox Medical simulator sends, when, and how they are signed."""

import base64
from hashlib import md5
from typing import Any, Literal

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad
from hypothesis import given
from hypothesis import strategies as st

from simulators.invox import InvoxSimulator
from simulators.provider.jobs import Variant
from simulators.provider.webhooks.signature import sign
from tests.simulators.provider.invox.client import Client
from tests.simulators.provider.peers import MovableClock, Receiver, pushed


def opened(signature: str, secret: str, form: str) -> str:
    """Decrypt a signature with the primitives only, not with the simulator's code."""
    raw = base64.b64decode(signature, validate=True)
    if form == "B":
        return unpad(AES.new(secret.encode(), AES.MODE_CBC, raw[:16]).decrypt(raw[16:]), 16).decode()
    assert raw[:8] == b"Salted__"
    one = md5(secret.encode() + raw[8:16]).digest()
    two = md5(one + secret.encode() + raw[8:16]).digest()
    three = md5(two + secret.encode() + raw[8:16]).digest()
    return unpad(AES.new(one + two, AES.MODE_CBC, three).decrypt(raw[16:]), 16).decode()


def opens_to(plain: str, signature: str, secret: str) -> bool:
    try:
        return opened(signature, secret, "A") == plain
    except ValueError:  # the padding or the text is wrong
        return False


def test_both_signature_formats_give_the_published_vectors() -> None:
    secret, text = "0123456789abcdef0123456789abcdef", "app-123~key-456"
    a, b = "U2FsdGVkX18AAQIDBAUGB5Pv6cYIQuF1UQ+yJdW91qM=", "AAECAwQFBgcICQoLDA0OD86AeOrykhhYFkU3wjNnJbs="
    assert sign(text, secret, "A", bytes(range(8))) == a
    assert sign(text, secret, "B", bytes(range(16))) == b
    with pytest.raises(ValueError, match="key"):
        sign(text, "a secret of another length", "B")


@given(plain=st.text(), secret=st.text(min_size=1))
def test_format_a_opens_with_any_secret_and_text(plain: str, secret: str) -> None:
    assert opened(sign(plain, secret, "A"), secret, "A") == plain


@given(plain=st.text(), secret=st.sampled_from([16, 24, 32]).map(lambda size: "k" * size))
def test_format_b_opens_with_secrets_of_the_three_lengths(plain: str, secret: str) -> None:
    assert opened(sign(plain, secret, "B"), secret, "B") == plain


@pytest.mark.parametrize("form", ["A", "B"])
@pytest.mark.parametrize(("speaker", "value"), [("speakerId", "Speaker_01"), ("speaker", "1"), (None, None)])
@pytest.mark.parametrize("status", ["COMPLETED", None])
async def test_the_callback_in_every_documented_form(
    invox: InvoxSimulator,
    client: Client,
    clock: MovableClock,
    receiver: Receiver,
    form: Literal["A", "B"],
    speaker: Literal["speakerId", "speaker"] | None,
    value: Any,
    status: str | None,
) -> None:
    invox.settings.signature_format = form
    invox.settings.callback_speaker, invox.settings.callback_status = speaker, status
    request = await client.uploaded(callbackUrl=f"{receiver.url}/hooks/invox/token-1")
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    body = hook.json
    assert hook.path == "/hooks/invox/token-1"
    assert body["requestId"] == request
    assert body.get("status") == status
    assert body["createdAt"] == int(clock.at)
    assert body["transcription"][1].get(speaker or "nobody") == value
    settings = invox.settings
    assert opened(body["signature"], settings.app_secret, form) == f"{settings.app_id}~{settings.api_key}"


async def test_no_callback_url_means_no_callback(invox: InvoxSimulator, client: Client, clock: MovableClock) -> None:
    request = await client.uploaded()
    clock.advance(9)
    await invox.settle()
    assert invox.ledger.deliveries == []
    delivery = await invox.send_webhook(request)
    assert (delivery.status, delivery.url) == (0, "")


async def test_a_callback_is_repeated_until_200(
    invox: InvoxSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [503, 404]
    await client.uploaded(callbackUrl=f"{receiver.url}/cb")
    await pushed(3, invox, clock, receiver)
    assert [delivery.status for delivery in invox.ledger.deliveries] == [503, 404, 200]
    assert [delivery.attempt for delivery in invox.ledger.deliveries] == [1, 2, 3]


async def test_callbacks_come_early_late_twice_or_never(
    invox: InvoxSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    callback = f"{receiver.url}/cb"
    invox.plan(webhook="early")
    made = (await client.create(callbackUrl=callback)).json()
    assert [hook.json["requestId"] for hook in receiver.hooks] == [made["requestId"]]
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        invox.plan(**plan)
    _never, twice, late = [await client.uploaded(callbackUrl=callback) for _ in range(3)]
    clock.advance(9)
    await invox.settle()
    clock.advance(100)
    await invox.settle()
    assert [hook.json["requestId"] for hook in receiver.hooks[1:]] == [twice, twice, late]


async def test_hostile_callbacks_on_request(
    invox: InvoxSimulator, client: Client, receiver: Receiver, clock: MovableClock
) -> None:
    request = await client.uploaded(callbackUrl=f"{receiver.url}/cb")
    variants: tuple[Variant, ...] = ("normal", "forged", "unsigned", "altered", "foreign", "stale")
    for variant in variants:
        await invox.send_webhook(request, variant)
    bodies = dict(zip(variants, [hook.json for hook in receiver.hooks], strict=True))
    secret, plain = invox.settings.app_secret, f"{invox.settings.app_id}~{invox.settings.api_key}"
    assert not opens_to(plain, bodies["forged"]["signature"], secret)
    assert "signature" not in bodies["unsigned"]
    assert bodies["altered"]["transcription"] != bodies["normal"]["transcription"]
    assert bodies["foreign"]["requestId"] not in invox.jobs
    assert bodies["stale"]["createdAt"] < clock.at - 3600
    assert all(opens_to(plain, bodies[name]["signature"], secret) for name in ("normal", "altered", "foreign", "stale"))
    await invox.send_webhook(request, "malformed")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json
