"""What the Xosum simulator refuses: keys, creates, uploads, and a Slack token anywhere."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from simulators.provider.faults import Kind
from simulators.provider.uploads.media import Intake
from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import MovableClock, encoded, kinds, silent_mp3, wav
from tests.simulators.provider.xosum.client import Client


async def test_a_missing_and_a_wrong_key_are_told_apart(xosum: XosumSimulator, client: Client) -> None:
    client.headers = {}
    assert (await client.create()).status_code == 401
    assert kinds(xosum) == ["missing-bearer"]
    client.headers = {"Authorization": "Bearer wrong"}
    assert (await client.create()).status_code == 401
    assert kinds(xosum) == ["missing-bearer"]


async def test_an_account_without_api_access_gets_403(xosum: XosumSimulator, client: Client) -> None:
    xosum.settings.api_enabled = False
    assert (await client.create()).status_code == 403
    assert (await client.read("x")).status_code == 403


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "video"}, "bad-type"),
        ({"metadata": {"deep": {"er": 1}}}, "metadata-not-flat"),
        ({"metadata": {"count": 1}}, "metadata-not-flat"),
        ({"language": "hy"}, "unknown-field"),
        ({"checklistId": 5}, "bad-checklist"),
    ],
)
async def test_a_create_outside_the_contract_is_refused(
    xosum: XosumSimulator, client: Client, body: Any, kind: Kind
) -> None:
    assert (await client.create(**body)).status_code == 400
    assert kinds(xosum) == [kind]
    assert xosum.jobs == {}


async def test_a_create_without_type_or_json_is_refused(xosum: XosumSimulator, client: Client) -> None:
    url = f"{xosum.url}/api/createTranscription"
    assert (await client.http.post(url, json={}, headers=client.headers)).status_code == 400
    assert (await client.http.post(url, content=b"{}", headers=client.headers)).status_code == 415
    headers = {**client.headers, "Content-Type": "application/json"}
    assert (await client.http.post(url, content=b"{", headers=headers)).status_code == 400
    assert (await client.http.post(url, content=b"[]", headers=headers)).status_code == 400
    assert kinds(xosum) == ["missing-field", "not-json-type", "not-json", "not-json"]


async def test_an_unknown_document_a_forgotten_one_and_a_bad_query(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.read("nobody")).status_code == 404
    doc = await client.uploaded()
    xosum.forget(doc)
    assert (await client.read(doc)).status_code == 404
    url = f"{xosum.url}/api/getTranscription"
    assert (await client.http.get(url, params={"id": doc}, headers=client.headers)).status_code == 400
    assert kinds(xosum) == ["unknown-id", "bad-query"]


async def test_unknown_paths_and_methods_are_breaches(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.http.get(f"{xosum.url}/api/api/createTranscription")).status_code == 404
    assert (await client.http.get(f"{xosum.url}/api/createTranscription")).status_code == 405
    assert kinds(xosum) == ["unknown-path", "wrong-method"]


@pytest.mark.parametrize(
    "content",
    [wav(1), encoded("ogg", "libopus"), b"", b"\xff\xfb\x90" + b"junk" * 5000, silent_mp3(0) + b"junk" * 400, b"ID3"],
)
async def test_bytes_that_are_no_mp3_fail_the_job_and_are_not_billed(
    xosum: XosumSimulator, client: Client, content: bytes
) -> None:
    doc = await client.uploaded(content)
    answer = (await client.read(doc)).json()
    assert answer["status"] == "failed"
    assert "MP3" in answer["error"]
    assert kinds(xosum) == ["not-mp3"]
    assert xosum.billed == []


async def test_bytes_that_are_no_mp3_can_fail_the_put(xosum: XosumSimulator, client: Client) -> None:
    xosum.settings.refuse_media = "put"
    made = (await client.create()).json()
    assert (await client.put(made["uploadUrl"], wav(1))).status_code == 400
    assert (await client.put(made["uploadUrl"])).status_code == 200


async def test_a_real_encoders_mp3_is_taken_with_its_length(xosum: XosumSimulator, client: Client) -> None:
    await client.uploaded(encoded("mp3", "libmp3lame", 3.0))
    assert xosum.billed[0].seconds == pytest.approx(3.0, abs=0.15)
    assert xosum.violations == []


async def test_a_chunked_put_is_refused_with_411(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()

    async def chunks() -> AsyncIterator[bytes]:
        yield silent_mp3(1)

    answer = await client.http.put(made["uploadUrl"], content=chunks(), headers={"Content-Type": "audio/mpeg"})
    assert answer.status_code == 411
    assert kinds(xosum) == ["chunked-upload"]
    assert xosum.billed == []


async def test_an_authorization_header_at_the_presigned_url_is_refused(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    answer = await client.http.put(made["uploadUrl"], content=silent_mp3(1), headers=client.headers)
    assert answer.status_code == 400
    assert "<Error>" in answer.text
    assert kinds(xosum) == ["authorization-at-presigned-url"]


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.split("?")[0],
        lambda url: url.replace("%2f", "%2F"),
        lambda url: url.replace("a+b%20c", "a%20b%20c"),
        lambda url: url.replace("empty=", "empty"),
        lambda url: url.replace("tag=%7E2", "tag=~2"),
        lambda url: "&".join([url.split("&")[0], *sorted(url.split("&")[1:])]),
    ],
)
async def test_a_changed_query_of_the_presigned_url_is_refused(
    xosum: XosumSimulator, client: Client, change: Callable[[str], str]
) -> None:
    made = (await client.create()).json()
    assert change(made["uploadUrl"]) != made["uploadUrl"]
    assert (await client.put(change(made["uploadUrl"]))).status_code == 403
    assert kinds(xosum) == ["upload-url-changed"]


async def test_an_upload_type_that_was_not_agreed_is_refused_and_none_is_taken(
    xosum: XosumSimulator, client: Client
) -> None:
    made = (await client.create()).json()
    answer = await client.http.put(made["uploadUrl"], content=silent_mp3(1), headers={"Content-Type": "audio/wav"})
    assert answer.status_code == 403
    assert kinds(xosum) == ["wrong-upload-type"]
    assert (await client.http.put(made["uploadUrl"], content=silent_mp3(1))).status_code == 200


async def test_an_upload_to_nowhere_is_a_breach(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.put(f"{xosum.url}/storage/recordings/x/y?z")).status_code == 404
    assert kinds(xosum) == ["unknown-upload"]


async def test_an_upload_url_dies_after_its_life_and_that_is_no_breach(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.upload_life = 60.0
    made = (await client.create()).json()
    clock.advance(59)
    assert (await client.put(made["uploadUrl"])).status_code == 200
    clock.advance(2)
    assert (await client.put(made["uploadUrl"])).status_code == 403
    other = (await client.create()).json()
    xosum.expire_upload(other["docId"])
    assert (await client.put(other["uploadUrl"])).status_code == 403
    assert xosum.violations == []


@pytest.mark.parametrize("token", ["xoxb-123456-abc", "xoxe.xoxp-1-Mi0", "xoxe-1-abcdef", "xapp-1-A012-345"])
async def test_a_slack_token_anywhere_is_a_leak(xosum: XosumSimulator, client: Client, token: str) -> None:
    await client.http.get(f"{xosum.url}/api/getTranscription", params={"docId": token}, headers=client.headers)
    await client.http.get(f"{xosum.url}/{token}")
    await client.http.get(f"{xosum.url}/api/getTranscription", headers={"X-Other": token})
    await client.create(metadata={"job": token})
    made = (await client.create()).json()
    await client.put(made["uploadUrl"], silent_mp3(1) + token.encode())
    assert kinds(xosum) == ["slack-token"] * 5
    assert token not in json.dumps((await client.http.get(f"{xosum.url}/control/requests")).json()["requests"][2])


@pytest.mark.parametrize("cut", range(1, 15))
async def test_a_slack_token_across_two_chunks_of_an_upload_is_found(cut: int) -> None:
    intake, token = Intake(), b"xoxb-1234567890"
    intake.feed(silent_mp3(1) + token[:cut])
    intake.feed(token[cut:] + silent_mp3(1))
    assert (await intake.content()).leaked_token
