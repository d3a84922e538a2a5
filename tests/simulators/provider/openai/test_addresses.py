"""Credentials and addresses of the simulated OpenAI-compatible servers."""

import pytest

from simulators.openai.dialects import DialectName
from tests.simulators.provider.openai.serving import NAMES, SECOND, file_for, kinds, serving


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_wrong_credential_is_refused_and_costs_nothing(dialect: DialectName) -> None:
    content, name = file_for(dialect)
    async with serving(dialect) as client:
        wrong = {"api-key": "wrong"} if dialect == "azure" else {"Authorization": "Bearer wrong"}
        assert (await client.send(content, name, headers=wrong)).status_code == 401
        assert (await client.send(content, name, headers={})).status_code == 401
        assert client.server.billed == []


async def test_a_local_server_wants_no_credential_at_all() -> None:
    async with serving("speaches", api_key="") as client:
        assert (await client.send(SECOND)).status_code == 200
        refused = await client.send(SECOND, headers={"Authorization": "Bearer x"})
        assert (refused.status_code, kinds(client)) == (401, ["needless-credential"])


async def test_azure_wants_its_own_header_and_its_version() -> None:
    async with serving("azure") as client:
        bearer = await client.send(SECOND, headers={"Authorization": f"Bearer {client.server.settings.api_key}"})
        assert bearer.status_code == 401
        url = f"{client.base}/audio/transcriptions"
        files = {"file": ("a.flac", SECOND, "audio/flac")}
        assert (await client.http.post(url, files=files, headers=client.headers)).status_code == 404
        assert "/openai/deployments/whisper-1" in client.base
        assert kinds(client) == ["missing-api-key", "bad-api-version"]
        assert client.server.ledger.requests[-1].headers["api-key"] == "***"


async def test_whisper_cpp_answers_at_inference_unless_started_otherwise() -> None:
    content, name = file_for("whisper.cpp")
    async with serving("whisper.cpp") as client:
        assert (await client.send(content, name)).status_code == 200
        assert (await client.send(content, name, path="/v1/audio/transcriptions")).status_code == 404
    async with serving("whisper.cpp", long_path=True) as client:
        assert (await client.send(content, name, path="/v1/audio/transcriptions")).status_code == 200


@pytest.mark.parametrize("dialect", NAMES)
async def test_models_are_listed_where_the_server_has_such_a_list(dialect: DialectName) -> None:
    async with serving(dialect) as client:
        answer = await client.models()
        if dialect in ("azure", "whisper.cpp"):
            assert answer.status_code == 404
        else:
            assert [one["id"] for one in answer.json()["data"]] == ["whisper-1"]
        assert client.server.billed == []
