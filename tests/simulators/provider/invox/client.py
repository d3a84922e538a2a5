"""A client of the Invox Medical simulator that keeps the contract, by plain httpx."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulators.invox import InvoxSimulator
from tests.simulators.provider.peers import wav

VERSION = "X-Invox-Medical-Api-Version"


class Client:
    """A contract-keeping client that returns bare responses."""

    def __init__(self, invox: InvoxSimulator, http: httpx.AsyncClient) -> None:
        self.invox, self.http = invox, http
        self.headers = {VERSION: "2025-11-01"}
        self.summary_headers = {VERSION: "2026-03-01"}

    async def token(self, credential: str | None = None) -> httpx.Response:
        pair = f"{self.invox.settings.app_id}:{self.invox.settings.api_key}"
        encoded_pair = base64.b64encode(pair.encode()).decode() if credential is None else credential
        url = self.invox.url + self.invox.settings.token_path
        return await self.http.post(url, json={}, headers={"Authorization": f"Basic {encoded_pair}"})

    async def log_in(self) -> None:
        bearer = {"Authorization": f"Bearer {(await self.token()).json()['accessToken']}"}
        self.headers = {**self.headers, **bearer}
        self.summary_headers = {**self.summary_headers, **bearer}

    async def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.post(f"{self.invox.url}/api/v1/{path}", json=body, headers=headers or self.headers)

    async def create(self, mime: str = "audio/wav", **body: Any) -> httpx.Response:
        return await self.post("generate-presigned-url", {"mimeType": mime, **body})

    async def put(self, url: str, content: bytes = wav(2), mime: str = "audio/wav") -> httpx.Response:
        return await self.http.put(url, content=content, headers={"Content-Type": mime})

    async def read(self, request: str) -> httpx.Response:
        return await self.post("get-transcription", {"requestId": request})

    async def summary(self, **body: Any) -> httpx.Response:
        body = {"transcript": "Good morning", "outputFormat": "SUMMARY", "outputLanguage": "en", **body}
        return await self.post("generate-consultation-summary", body, self.summary_headers)

    def calls(self, made: dict[str, str]) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
        """Each operation, by the name that a fault has for it."""
        return {
            "token": self.token,
            "create": self.create,
            "upload": lambda: self.put(made["presignedUrl"]),
            "read": lambda: self.read(made["requestId"]),
            "summary": self.summary,
        }

    async def uploaded(self, content: bytes = wav(2), mime: str = "audio/wav", **body: Any) -> str:
        made = (await self.create(mime, **body)).json()
        assert (await self.put(made["presignedUrl"], content, mime)).status_code == 200
        return str(made["requestId"])
