"""Servers that speak OpenAI's `POST {base}/audio/transcriptions` simulated, each vendor's dialect as data.

`dialects` has the vendors' differences with their sources, `form` reads the request strictly, `audio` measures what was
sent, `speech` decides what was said in it, `answers` writes it in each format, `server` puts them together.
"""

from simulators.openai.server import OpenAIJob, OpenAISimulator
from simulators.openai.settings import OpenAISettings

__all__ = ["OpenAIJob", "OpenAISettings", "OpenAISimulator"]
