"""What no stranger can do: nothing altered passes at any of the three, and no body raises anything but a refusal."""

import base64
import hashlib
import hmac
import json
import random
import string
from datetime import UTC, datetime

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.errors import Rejected, WebhookRefused
from bot.http import Http
from bot.ports.provider import Provider, WebhookEvent, WebhookRequest
from bot.providers.invox.signature import is_genuine as is_invox
from bot.providers.nabla.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from bot.providers.nabla.signature import is_genuine as is_nabla
from tests.providers.peers import StillClock
from tests.support.providers import account

APP, KEY, SECRET = "app-123", "key-456", "0123456789abcdef0123456789abcdef"
VECTOR_A = "U2FsdGVkX18AAQIDBAUGB5Pv6cYIQuF1UQ+yJdW91qM="
VECTOR_B = "AAECAwQFBgcICQoLDA0OD86AeOrykhhYFkU3wjNnJbs="
NOW = 1_750_000_000.0
STAMP = datetime.fromtimestamp(NOW, UTC).isoformat()
BODY = json.dumps({"id": "a", "client_request_id": "c", "status": "SUCCEEDED"}).encode()

KNOWN = {
    "XOSUM_API_KEY": "key",
    "XOSUM_WEBHOOK_SECRET": "hook-secret",
    "INVOX_BASE_URL": "https://invox.example.org",
    "INVOX_APP_ID": APP,
    "INVOX_API_KEY": KEY,
    "INVOX_APP_SECRET": SECRET,
    "NABLA_CLIENT_ID": "client",
    "NABLA_PRIVATE_KEY": "unused",
    "NABLA_WEBHOOK_SECRET": SECRET,
    "PUBLIC_URL": "https://scribe.example.org",
}


def providers() -> dict[str, Provider]:
    clock = StillClock(NOW)
    http = Http(clock)
    return {
        "xosum": account("xosum", KNOWN, http, clock),
        "invox": account("invox", KNOWN, http, clock),
        "nabla": account("nabla", KNOWN, http, clock),
    }


PROVIDERS = providers()


def nabla_signature(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()


# Invox Medical


@pytest.mark.parametrize(
    ("signature", "pinned", "fine"),
    [
        (VECTOR_A, "auto", True),
        (VECTOR_A, "cryptojs", True),
        (VECTOR_A, "raw", False),
        (VECTOR_B, "auto", True),
        (VECTOR_B, "raw", True),
        (VECTOR_B, "cryptojs", False),
    ],
)
def test_the_published_vectors_pass_in_their_format(signature: str, pinned: str, fine: bool) -> None:
    assert is_invox(signature, APP, KEY, SECRET, pinned) is fine  # type: ignore[arg-type]  # one of the literals


def in_format_a(text: str, secret: str, salt: bytes) -> str:
    derived, block = b"", b""
    while len(derived) < 48:
        block = hashlib.md5(block + secret.encode() + salt).digest()
        derived += block
    sealed = AES.new(derived[:32], AES.MODE_CBC, derived[32:48]).encrypt(pad(text.encode(), 16))
    return base64.b64encode(b"Salted__" + salt + sealed).decode()


def in_format_b(text: str, secret: str, start: bytes) -> str:
    sealed = AES.new(secret.encode(), AES.MODE_CBC, start).encrypt(pad(text.encode(), 16))
    return base64.b64encode(start + sealed).decode()


@given(
    st.text(min_size=1, max_size=40),
    st.text(min_size=1, max_size=40),
    st.text(min_size=1),
    st.binary(min_size=8, max_size=8),
)
def test_format_a_passes_with_a_secret_of_any_length(app: str, key: str, secret: str, salt: bytes) -> None:
    assume(all(c < "\ud800" or c > "\udfff" for c in app + key + secret))
    assert is_invox(in_format_a(f"{app}~{key}", secret, salt), app, key, secret)


@pytest.mark.parametrize("length", [16, 24, 32])
@given(start=st.binary(min_size=16, max_size=16))
def test_format_b_passes_with_each_legal_key_length(length: int, start: bytes) -> None:
    assume(not start.startswith(b"Salted__"))
    secret = SECRET[:length]
    assert is_invox(in_format_b(f"{APP}~{KEY}", secret, start), APP, KEY, secret)
    assert not is_invox(in_format_b(f"{APP}~{KEY}", secret, start), APP, KEY, secret + "x")


@pytest.mark.parametrize("genuine", [VECTOR_A, VECTOR_B])
@settings(max_examples=150)
@given(data=st.data())
def test_no_altered_invox_signature_passes(genuine: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(genuine)))
    alphabet = st.sampled_from(string.ascii_letters + string.digits + "+/= \n-_") | st.characters()
    kind = data.draw(st.sampled_from(["replace", "insert", "delete", "cut", "bytes"]))
    if kind == "bytes":
        raw = bytearray(base64.b64decode(genuine))
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        altered = base64.b64encode(raw).decode()
    elif kind == "insert":
        altered = genuine[:place] + data.draw(alphabet) + genuine[place:]
    elif kind == "delete":
        altered = genuine[:place] + genuine[place + 1 :]
    elif kind == "cut":
        altered = genuine[:place]
    else:
        altered = genuine[:place] + data.draw(alphabet) + genuine[place + 1 :]
    assume(altered != genuine)
    assert not is_invox(altered, APP, KEY, SECRET)


def test_spare_bits_of_base64_make_another_signature() -> None:
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    last = VECTOR_A[-2]
    twins = [c for c in alphabet if alphabet.index(c) // 4 == alphabet.index(last) // 4 and c != last]
    for twin in twins:
        altered = f"{VECTOR_A[:-2]}{twin}="
        assert base64.b64decode(altered) == base64.b64decode(VECTOR_A)
        assert not is_invox(altered, APP, KEY, SECRET)


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.text())
    | st.binary().map(lambda b: base64.b64encode(b).decode())
)
def test_anything_else_is_no_invox_signature(value: object) -> None:
    assert not is_invox(value, APP, KEY, SECRET)
    assert not is_invox(value, APP, KEY, "")


@pytest.mark.parametrize(
    ("app", "key", "secret"), [(APP, KEY, SECRET[::-1]), (APP, "key-457", SECRET), ("app-12", KEY, SECRET)]
)
def test_a_signature_by_another_secret_or_for_another_application_fails(app: str, key: str, secret: str) -> None:
    assert not is_invox(VECTOR_A, app, key, secret)
    assert not is_invox(VECTOR_B, app, key, secret)


# Nabla


@settings(max_examples=150)
@given(data=st.data())
def test_no_altered_nabla_signature_body_or_timestamp_passes(data: st.DataObject) -> None:
    body = data.draw(st.binary(max_size=60))
    signature = nabla_signature(SECRET, STAMP, body)
    assert is_nabla(body, STAMP, signature, SECRET, NOW, 300)
    part = data.draw(st.sampled_from(["signature", "body", "timestamp", "secret"]))
    if part == "signature":
        place = data.draw(st.integers(0, 63))
        letter = data.draw(st.sampled_from("0123456789abcdefABCDEF,x\u0660") | st.characters())
        altered = signature[:place] + letter + signature[place + 1 :]
        # What may stand around a signature (blanks, commas, a prefix) is not part of it.
        assume(signature not in [piece.strip().removeprefix("sha256=") for piece in altered.split(",")])
        assert not is_nabla(body, STAMP, altered, SECRET, NOW, 300)
        assert not is_nabla(body, STAMP, signature.upper(), SECRET, NOW, 300) or signature.upper() == signature
    elif part == "body":
        place, extra = data.draw(st.integers(0, len(body))), data.draw(st.binary(min_size=1, max_size=4))
        assert not is_nabla(body[:place] + extra + body[place:], STAMP, signature, SECRET, NOW, 300)
    elif part == "timestamp":
        other = data.draw(st.text(max_size=30) | st.integers(0, 2**40).map(str))
        assume(other != STAMP)
        assert not is_nabla(body, other, signature, SECRET, NOW, 300)
    else:
        other = data.draw(st.text(max_size=40).filter(lambda s: s != SECRET and s.isprintable()))
        assert not is_nabla(body, STAMP, signature, other, NOW, 300)


@given(st.floats(-1e6, 1e6))
def test_a_genuine_nabla_webhook_is_good_only_near_its_time(age: float) -> None:
    signature = nabla_signature(SECRET, STAMP, BODY)
    assert is_nabla(BODY, STAMP, signature, SECRET, NOW + age, 300) is (abs(NOW + age - NOW) <= 300)


@given(st.lists(st.text("0123456789abcdef, ", max_size=70), max_size=4), st.integers(0, 4))
def test_one_good_signature_among_others_passes(others: list[str], place: int) -> None:
    good = nabla_signature(SECRET, STAMP, BODY)
    header = ", ".join([*others[:place], f"sha256={good}", *others[place:]])
    assert is_nabla(BODY, STAMP, header, SECRET, NOW, 300)


def test_moving_bytes_between_timestamp_and_body_does_not_help() -> None:
    signature = nabla_signature(SECRET, STAMP, b"1" + BODY)
    assert not is_nabla(BODY, f"{STAMP}1", signature, SECRET, NOW, 300)


# Xosum


@settings(max_examples=150)
@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.just("hook-secret"))
    | st.sampled_from(["hook-secre", "hook-secret ", "Hook-secret", "hook-secret\0", "\ud800"])
)
def test_no_other_xosum_secret_passes(given_secret: object) -> None:
    assume(given_secret != "hook-secret")
    body = json.dumps({"secret": given_secret, "docId": "d", "transcription": "t"}).encode()
    with pytest.raises(WebhookRefused) as caught:
        PROVIDERS["xosum"].verify_webhook(WebhookRequest(body, {}))
    assert (caught.value.status, caught.value.reason) == (401, "secret")


# All three

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    *("docId", "event_type", "transcription", "title", "resolution", "metadata"),
    *("requestId", "status", "processingStatus", "createdAt", "errorMessage"),
    *("id", "client_request_id", "data", "payload"),
)
BODIES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)


def read(name: str, request: WebhookRequest) -> WebhookEvent | None:
    """What the provider says; anything but a believed push or a refusal is an error of this test."""
    provider = PROVIDERS[name]
    try:
        news = provider.verify_webhook(request)
    except WebhookRefused as refusal:
        if refusal.status not in (400, 401):
            raise
        return None
    assert news.ignored or news.ref or news.client_ref
    for reference in (news.ref, news.client_ref):
        assert reference.isascii()
        assert reference.isprintable()
    try:
        transcript = provider.parse_pushed(news.result)
    except Rejected:
        return news
    if transcript is not None:
        transcript.text.encode("utf-8")
    return news


@settings(max_examples=150)
@given(BODIES)
def test_a_genuine_sender_may_send_any_shape(body: dict[str, object]) -> None:
    read("xosum", WebhookRequest(json.dumps({**body, "secret": "hook-secret"}).encode(), {}))
    read("invox", WebhookRequest(json.dumps({**body, "signature": VECTOR_B}).encode(), {}, "token"))
    raw = json.dumps(body).encode()
    signed = {TIMESTAMP_HEADER: STAMP, SIGNATURE_HEADER: nabla_signature(SECRET, STAMP, raw)}
    assert read("nabla", WebhookRequest(raw, signed)) is not None


def test_ten_thousand_random_bodies_are_refused_and_nothing_else() -> None:
    chance = random.Random(20)
    openings = [
        b"",
        b"{",
        b"[",
        b'{"secret":',
        b'{"signature":"',
        b'{"docId":"x","secret":null',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
    ]
    deep = [b"[" * 200_000, b'{"a":' * 200_000, b'{"secret":' + b"[" * 100_000, b"9" * 10_000, b'{"secret":1e999}']
    for number in range(10_000):
        body = chance.choice(openings) + chance.randbytes(chance.randrange(200))
        if number % 500 == 0:
            body = chance.choice(deep)
        headers = {
            TIMESTAMP_HEADER: chance.choice(["", STAMP, str(NOW), "\udcff", "9" * 400]),
            SIGNATURE_HEADER: chance.choice(["", ",,,,", chance.randbytes(32).hex(), "\udcff", "é" * 64]),
        }
        for name in PROVIDERS:
            assert read(name, WebhookRequest(body, headers, "token")) is None
