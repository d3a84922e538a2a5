"""HTTP as a client: the one package that imports httpx, where every failure is classified once."""

from bot.http.answers import MAX_BODY, MAX_RETRY_AFTER, Answer, http_date, retry_after
from bot.http.client import Acquire, Http, Stream, why_not_connected
from bot.http.transport import CHUNK

__all__ = [
    "CHUNK",
    "MAX_BODY",
    "MAX_RETRY_AFTER",
    "Acquire",
    "Answer",
    "Http",
    "Stream",
    "http_date",
    "retry_after",
    "why_not_connected",
]
