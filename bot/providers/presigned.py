"""The upload that Xosum and Invox Medical share: one PUT to a URL that carries its own authorisation."""

import re

from bot.domain.errors import Misconfigured, Problem, ProblemCode, Rejected, Transient, UploadUrlRefused
from bot.http import Answer, Http
from bot.ports.audio import Payload, Progress

_CODE = re.compile(rb"<Code>([A-Za-z0-9._-]{1,60})</Code>")


async def put_audio(
    http: Http, account: str, title: str, url: str, content_type: str, payload: Payload, progress: Progress
) -> None:
    """Send the payload whole to `url` as it is written, without an Authorization header.

    `content_type` empty leaves the header out. Raises `Transient` when the bytes cannot have arrived whole, `Ambiguous`
    when they may have, `UploadUrlRefused` when the URL is no longer good, `Rejected` for other refusals by the storage.
    """
    if not url:
        raise UploadUrlRefused("no upload URL is stored")
    headers = {"Content-Type": content_type} if content_type else {}
    async with payload.stream() as chunks:
        answer = await http.put_stream(account, url, headers, payload.size, chunks, progress)
    if not answer.ok:
        raise _refusal(answer, account, title)


def _refusal(answer: Answer, account: str, title: str) -> Exception:
    found = _CODE.search(answer.body)
    code = found.group(1).decode("ascii") if found else "no code"
    detail = f"{answer.source}: status {answer.status} ({code})"
    if code == "SignatureDoesNotMatch":
        remedy = "the Content-Type of the upload is probably not the signed one"
        return Misconfigured(account, f"{detail}: {remedy}")
    if answer.status in (401, 403, 404, 410) or code in ("ExpiredToken", "AccessDenied"):
        return UploadUrlRefused(f"upload URL refused: {detail}")
    if code == "RequestTimeout" or answer.status == 409:
        return Transient(detail)
    words = "the file is too large" if answer.status == 413 or code == "EntityTooLarge" else f"upload: {code}"
    return Rejected(Problem(ProblemCode.PROVIDER_REFUSED, {"provider": title, "detail": words}), detail)
