"""Bodies that are compressed, inflated in steps: a small body that inflates to gigabytes is stopped at the limit."""

import zlib
from collections.abc import AsyncIterable

STEP = 64 * 1024  # bytes that one step may give


class TooLargeError(Exception):
    """The body is larger than its limit, as it came or inflated."""


class CompressionError(Exception):
    """The body is compressed in a way that was not asked for, or is damaged."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str, limit: int) -> bytes:
    """The whole body of at most `limit` bytes; `encoding` is its Content-Encoding: identity, gzip or deflate.

    Raises `TooLargeError` and `CompressionError`.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise CompressionError(f"an encoding that was not asked for ({encoding[:20]})")
    inflating = (
        zlib.decompressobj(wbits=47) if encoding not in ("", "identity") else None
    )  # 47: gzip or zlib by its head
    body = bytearray()
    async for chunk in chunks:
        try:
            while chunk:
                body += chunk if inflating is None else inflating.decompress(chunk, STEP)
                if len(body) > limit:
                    raise TooLargeError
                chunk = b"" if inflating is None else inflating.unconsumed_tail
        except zlib.error as error:
            raise CompressionError("a body that does not inflate") from error
    if inflating is not None:
        body += inflating.flush(STEP)
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)
