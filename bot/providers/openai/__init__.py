"""Servers that speak OpenAI's `POST {base}/audio/transcriptions`: OpenAI, Azure, Groq, vLLM, speaches and the like.

A recording is cut into pieces, and each poll of its job sends the next piece. `dialects` has the vendors' differences,
`form` writes a request, `answers` judges and reads an answer, `piece_files` keeps the pieces on disk until they are
answered (`child_main` cuts), `joining` makes one transcript of them, `provider` is the seam to the engine.
"""

from bot.ports.provider import Pace, Provider
from bot.providers.kind import ProviderContext, ProviderKind
from bot.providers.openai.settings import OpenAISettings


def _build(settings: OpenAISettings, context: ProviderContext) -> Provider:
    from bot.providers.openai.provider import OpenAIProvider

    return OpenAIProvider(settings, context)


def _pace(settings: OpenAISettings) -> Pace:
    return Pace(settings.per_minute, settings.concurrency)


KIND = ProviderKind("openai", "OpenAI-compatible", OpenAISettings, _build, _pace, several=True)
