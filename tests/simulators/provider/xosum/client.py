"""A client of the Xosum simulator that keeps the contract, by plain httpx."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import silent_mp3


class Client:
    """A contract-keeping client that returns bare responses."""

    def __init__(self, xosum: XosumSimulator, http: httpx.AsyncClient) -> None:
        self.xosum, self.http = xosum, http
        self.headers = {"Authorization": f"Bearer {xosum.settings.api_key}"}

    async def create(self, **body: Any) -> httpx.Response:
        body = {"type": "single_voice", **body}
        return await self.http.post(f"{self.xosum.url}/api/createTranscription", json=body, headers=self.headers)

    async def put(self, url: str, content: bytes = silent_mp3(2)) -> httpx.Response:
        return await self.http.put(url, content=content, headers={"Content-Type": "audio/mpeg"})

    async def read(self, doc: str) -> httpx.Response:
        url = f"{self.xosum.url}/api/getTranscription"
        return await self.http.get(url, params={"docId": doc}, headers=self.headers)

    def calls(self, made: dict[str, str]) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
        """Each operation, by the name that a fault has for it."""
        return {
            "create": self.create,
            "upload": lambda: self.put(made["uploadUrl"]),
            "read": lambda: self.read(made["docId"]),
        }

    async def uploaded(self, content: bytes = silent_mp3(2), **body: Any) -> str:
        made = (await self.create(**body)).json()
        assert (await self.put(made["uploadUrl"], content)).status_code == 200
        return str(made["docId"])
