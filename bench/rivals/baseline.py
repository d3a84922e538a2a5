"""A straightforward Slack transcription bot, as most people would write it: what ours is measured beside.

Bolt's defaults, each file downloaded into memory, uploaded from memory, and polled with `asyncio.sleep` until it is
done. (Xosum takes a PUT to a signed URL; a multipart form, the usual way, would cost one more copy and be refused.)
It keeps nothing: a restart loses what was under way, and an event told twice is transcribed twice.
"""

import asyncio
import os
import sys
from collections.abc import Mapping

import aiohttp
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

POLL_SECONDS = 1.0

slack = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
app = AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], client=slack)
base = os.environ["XOSUM_BASE_URL"]
key = {"Authorization": f"Bearer {os.environ['XOSUM_API_KEY']}"}


async def transcribe(session: aiohttp.ClientSession, audio: bytes) -> str:
    """Create, upload, and ask until it is done."""
    async with session.post(f"{base}/api/createTranscription", json={"type": "single_voice"}, headers=key) as answer:
        job = await answer.json()
    upload_url = URL(job["uploadUrl"], encoded=True)  # quoted again, its signature would not fit
    async with session.put(upload_url, data=audio, headers={"Content-Type": "audio/mpeg"}) as answer:
        answer.raise_for_status()
    while True:
        await asyncio.sleep(POLL_SECONDS)
        async with session.get(f"{base}/api/getTranscription", params={"docId": job["docId"]}, headers=key) as answer:
            found = await answer.json()
        if found["status"] == "transcribed":
            return f"*{found['title']}*\n{found['resolution']}\n{found['transcription']}"


@app.event("message")
async def message(event: Mapping[str, object], client: AsyncWebClient) -> None:
    """Transcribe each audio file of a message and reply in its thread."""
    files = event.get("files")
    for file in files if isinstance(files, list) else ():
        if not file["mimetype"].startswith("audio/"):
            continue
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            headers = {"Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}"}
            async with session.get(file["url_private_download"], headers=headers) as download:
                audio = await download.read()
            words = await transcribe(session, audio)
        await client.chat_postMessage(channel=str(event["channel"]), thread_ts=str(event["ts"]), text=words[:4000])


@app.event("file_shared")
async def file_shared() -> None:
    """The message tells all."""


async def started(_: web.Application) -> None:
    """Say so, as its log would."""
    print("ready", file=sys.stderr, flush=True)


if __name__ == "__main__":
    server = app.server(port=int(os.environ["PORT"]), host="127.0.0.1")
    server.web_app.on_startup.append(started)
    web.run_app(server.web_app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
