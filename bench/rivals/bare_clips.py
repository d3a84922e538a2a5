"""The bare httpx script beside the clips: create, stream the download into the upload, nothing else.

`python -m bench.rivals.bare_clips WORK.json API_KEY AT_ONCE`; prints the seconds it took, imports left out.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx


async def _pass(client: httpx.AsyncClient, source: str, token: str, service: str, key: str) -> None:
    made = await client.post(
        f"{service}/api/createTranscription",
        json={"type": "single_voice"},
        headers={"Authorization": f"Bearer {key}"},
    )
    url = made.raise_for_status().json()["uploadUrl"]
    parts = urlsplit(url)
    target = url[len(f"{parts.scheme}://{parts.netloc}") :].encode()  # as it is written: its signature covers it
    async with client.stream("GET", source, headers={"Authorization": f"Bearer {token}"}) as download:
        download.raise_for_status()

        async def body() -> AsyncIterator[bytes]:
            async for chunk in download.aiter_raw():
                yield chunk

        headers = {"Content-Type": "audio/mpeg", "Content-Length": download.headers["content-length"]}
        answer = await client.put(url, headers=headers, content=body(), extensions={"target": target})
        answer.raise_for_status()


async def main(work: dict[str, str], sources: list[str], key: str, at_once: int) -> None:
    """Pass all files, `at_once` side by side."""
    places = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:

        async def one(source: str) -> None:
            async with places:
                await _pass(client, source, work["token"], work["service"], key)

        begun = time.perf_counter()
        await asyncio.gather(*(one(source) for source in sources))
        print(time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    asyncio.run(main(given, given["sources"], sys.argv[2], int(sys.argv[3])))
