"""A client of the Nabla simulator that keeps the contract, by plain httpx."""

import uuid
from typing import Any

import httpx
import jwt
from aiohttp import web

from simulators.nabla import NablaSimulator
from tests.simulators.provider.peers import MovableClock, Receiver, until

VERSION = "X-Nabla-Api-Version"

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Client:
    """A contract-keeping client that returns bare responses; its recordings stand on `receiver`."""

    def __init__(self, nabla: NablaSimulator, http: httpx.AsyncClient, receiver: Receiver, clock: MovableClock) -> None:
        self.nabla, self.http, self.receiver, self.clock = nabla, http, receiver, clock
        self.headers = {VERSION: "2024-10-01"}
        self.base = nabla.base_url

    def claims(self, **changed: Any) -> dict[str, Any]:
        now, client = int(self.clock()), self.nabla.settings.client_id
        audience = f"{self.nabla.base_url}/oauth/token"
        claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    async def present(self, assertion: str, **changed: Any) -> httpx.Response:
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **changed,
        }
        return await self.http.post(f"{self.nabla.base_url}/oauth/token", json=body)

    async def token(self, **changed: Any) -> httpx.Response:
        return await self.present(jwt.encode(self.claims(**changed), self.nabla.private_key, algorithm="RS256"))

    async def log_in(self) -> None:
        self.headers["Authorization"] = f"Bearer {(await self.token()).json()['access_token']}"

    def offer(self, content: bytes | web.Response, name: str = "one") -> str:
        self.receiver.files[f"/audio/{name}"] = content
        return f"{self.receiver.url}/audio/{name}"

    async def create(self, **body: Any) -> httpx.Response:
        body = {"speech_locale": "ENGLISH_US", "file_url": f"{self.receiver.url}/audio/one", **body}
        return await self.http.post(f"{self.base}/transcribe-async", json=body, headers=self.headers)

    async def read(self, request: str) -> httpx.Response:
        return await self.http.get(f"{self.base}/transcribe-async/{request}", headers=self.headers)

    async def fetched(self, **body: Any) -> str:
        request = (await self.create(**body)).json()["id"]
        await until(
            lambda: self.nabla.jobs[request].started_at is not None or self.nabla.jobs[request].error is not None
        )
        return str(request)

    async def note(self, **body: Any) -> httpx.Response:
        text = "Good morning, I have had a dry cough for about two weeks now"
        items = [{"text": text, "speaker_type": "PATIENT"}]
        body = {"transcript_items": items, "note_locale": "ENGLISH_US", **body}
        return await self.http.post(f"{self.base}/generate-note", json=body, headers=self.headers)
