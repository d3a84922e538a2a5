"""A simulated OpenAI-compatible server with its client, and recordings that fit each dialect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.openai.dialects import DIALECTS, DialectName
from tests.simulators.provider.openai_peers import Client, encoded, tones
from tests.simulators.provider.peers import MovableClock

SECOND = encoded(tones(1.0, [(440, 0.2, 0.8)]))

Fields = dict[str, str | list[str]]

NAMES: list[DialectName] = list(DIALECTS)


@asynccontextmanager
async def serving(dialect: DialectName = "openai", **settings: object) -> AsyncIterator[Client]:
    known = OpenAISettings.model_validate({"dialect": dialect, **settings})
    async with OpenAISimulator(known, now=MovableClock()) as server, httpx.AsyncClient() as http:
        yield Client(server, http)


def kinds(client: Client) -> list[str]:
    return [violation.kind for violation in client.server.ledger.violations]


def file_for(dialect: DialectName, seconds: float = 1.0) -> tuple[bytes, str]:
    container = "wav" if dialect == "whisper.cpp" else "flac"
    return encoded(tones(seconds, [(440, 0.2, 0.8)]), container), f"audio.{container}"
