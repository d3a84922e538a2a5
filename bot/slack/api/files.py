"""Files out of Slack: what is behind a file's id, and its bytes, checked before anybody else sees one.

The bot token goes to Slack's hosts only, so redirects are followed by hand, and to these hosts only. Without
`files:read` Slack answers with a redirect to its login page, or with that page and status 200 (bolt-js #2585): status,
type, first bytes and length are checked.

Slack reports an upload before the file is there. For about a second it may have no address, no type or size 0, be
unknown to `files.info`, or answer with 404 or the login page (matterbridge #655, hermes-agent #45407,
matrix-appservice-slack #432, python-slack-sdk #1521). So a bad answer about a file younger than `YOUNG_SECONDS` is
`Transient`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from bot.domain.audio_guess import AudioGuess, guess_audio
from bot.domain.errors import Problem, ProblemCode, Transient
from bot.domain.job import SLACK_LANE, FileFacts, Job
from bot.http import Http, Stream, http_date
from bot.ports.chat import FileRefused
from bot.ports.clock import Clock
from bot.settings import Settings
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.hosts import Hosts
from bot.slack.api.identity import identify
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, integer, number, text, truth

MOST_REDIRECTS = 5
HEAD_BYTES = 64  # checked for an HTML page
FIRST_BYTES = 64 * 1024  # asked for to learn a file's length; the probe needs as many
YOUNG_SECONDS = 60.0
TEXT_MODES = frozenset({"snippet", "post", "space", "canvas", "quip", "list"})
GONE_MODES = frozenset({"tombstone", "deleted"})
FILES_READ = "files:read"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PROBLEMS = {  # of files.info (docs.slack.dev); any other refusal is FILE_WITHHELD
    "file_not_found": ProblemCode.FILE_GONE,
    "file_deleted": ProblemCode.FILE_GONE,
    "access_denied": ProblemCode.FILE_NOT_VISIBLE,  # "Unable to access the file (slack connect)"
    "not_visible": ProblemCode.FILE_NOT_VISIBLE,
}
_PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<script")
_LOGIN_STATUSES = frozenset({401, 403})


def facts_of(file: Json) -> FileFacts:
    """What a file object of Slack says of itself."""
    milliseconds = number(file, "duration_ms")
    return FileFacts(
        name=text(file, "name") or text(file, "title"),
        mimetype=text(file, "mimetype").lower(),
        filetype=text(file, "filetype").lower(),
        size=integer(file, "size"),
        seconds=milliseconds / 1000 if milliseconds > 0 else None,
        subtype=text(file, "subtype"),
    )


def refusal_of(file: Json) -> FileRefused | None:
    """Why a file has no bytes to give, if so: what neither passes by itself nor needs a closer check."""
    mode = text(file, "mode")
    if mode in GONE_MODES:
        return FileRefused(Problem(ProblemCode.FILE_GONE), f"mode {mode}", facts_of(file))
    if mode == "hidden_by_limit":
        return FileRefused(Problem(ProblemCode.FILE_HIDDEN), f"mode {mode}", facts_of(file))
    if mode == "external" or truth(file, "is_external"):
        return FileRefused(Problem(ProblemCode.FILE_EXTERNAL), "external file", facts_of(file))
    if mode in TEXT_MODES:
        return FileRefused(Problem(ProblemCode.NOT_AUDIO), f"mode {mode}", facts_of(file))
    return None


@dataclass(slots=True)
class FirstBytes:
    """The beginning of a file, which came with its length; given once, so that it is not kept in memory."""

    data: bytes = b""

    def take(self, stop: int) -> bytes | None:
        """The bytes [0, stop) if they are here; they are forgotten then."""
        if not 0 < stop <= len(self.data):
            return None
        taken, self.data = self.data[:stop], b""
        return taken


def pause_for(age: float) -> float:
    """Seconds until a young file is asked for again: 2 at first, 10 at most."""
    return min(10.0, max(2.0, age / 2))


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file in Slack as a `SourceFile`: a fresh, checked stream at each call.

    Its `facts.size` must be the length that Slack serves (`measured`), which every answer is then held to.
    """

    facts: FileFacts
    url: str
    token: str = field(repr=False)
    hosts: Hosts
    http: Http
    clock: Clock
    young_until: float  # by `clock`
    may_read: Callable[[], Awaitable[bool]] = field(repr=False)
    """Asks Slack whether the token has files:read."""
    first: FirstBytes = field(default_factory=FirstBytes)

    async def measured(self, most: int) -> "SlackFile":
        """This file with the length that Slack serves, taken from the answer to a first request, in its facts.

        The `size` of a file object does not tell it: for a voice clip Slack serves a transcode, and announces the size
        of the recorder's own file (captured payloads; 309,514 bytes announced and 171,187 served). The length is the
        total in Content-Range, else the Content-Length of the whole, else the bytes are counted, up to `most`.
        Raises `Rejected` for what is not the file or is longer than `most`, else `Transient`.
        """
        async with self._answer(f"0-{FIRST_BYTES - 1}") as answer:
            length, first = await self._measure(answer, most)
        if length is None:  # a part of a whole of unknown length
            async with self._answer("") as answer:
                length, first = await self._measure(answer, most)
        if length is None:
            await self._refuse(ProblemCode.FILE_CHANGED, "a part came although the whole was asked for")
        return replace(self, facts=replace(self.facts, size=length), first=FirstBytes(first))

    async def _measure(self, answer: Stream, most: int) -> tuple[int | None, bytes]:
        """The length of the whole file, None where the answer does not tell it, and its first bytes."""
        if answer.status == 416:
            return 0, b""  # an empty file has no first byte
        given = answer.headers.get("content-length", "")
        if answer.status == 206:
            total = _total_of(answer)
            if total is None:
                return None, b""
        elif given.isdecimal():
            total = int(given)
        else:
            return await self._counted(answer.chunks, most)
        wanted = min(FIRST_BYTES, total)
        if answer.status == 206 and given.isdecimal() and int(given) != wanted:
            await self._refuse(ProblemCode.FILE_CHANGED, f"{given} bytes are offered, {wanted} were asked for")
        chunks = self._checked(
            answer.chunks, 0, wanted, from_start=True, to_end=wanted == total, alone=answer.status == 206
        )
        try:
            return total, b"".join([chunk async for chunk in chunks])
        finally:
            await chunks.aclose()

    @asynccontextmanager
    async def _answer(self, span: str) -> AsyncGenerator[Stream, None]:
        """The answer to a request for a span of bytes ("0-99"; empty: the whole), behind its redirects."""
        url = self.url
        for _ in range(1 + MOST_REDIRECTS):
            headers = {"Authorization": f"Bearer {self.token}"} if self.hosts.trusts(url) else {}
            if span:
                headers["Range"] = f"bytes={span}"
            async with self.http.stream_get(SLACK_LANE, url, headers) as answer:
                if answer.status in _REDIRECTS:
                    url = await self._target(url, answer)
                    continue
                await self._refuse_what_is_no_file(answer)
                yield answer
                return
        await self._refuse(ProblemCode.FILE_WITHHELD, "too many redirects")

    async def _refuse(self, code: ProblemCode, detail: str) -> NoReturn:
        """Raises what a bad answer means. That the permission is missing is said only when Slack confirms it."""
        young = self.young_until - self.clock.now()
        if young > 0:
            raise Transient(f"a new file: {detail}", after=pause_for(YOUNG_SECONDS - young))
        if code is ProblemCode.LOGIN_PAGE and await self.may_read():
            code = ProblemCode.FILE_WITHHELD
        raise FileRefused(Problem(code), detail, self.facts)

    @asynccontextmanager
    async def stream(self, start: int = 0, end: int | None = None) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """Chunks of bytes [start, end). Raises `Rejected` for what is not the measured file, else `Transient`."""
        size = self.facts.size
        stop = size if end is None else min(end, size)
        if start == 0 and (first := self.first.take(stop)) is not None:
            yield _once(first)
            return
        ranged = start > 0 or stop < size
        async with self._answer(f"{start}-{stop - 1}" if ranged else "") as answer:
            whole = await self._check(answer, start, stop, ranged)
            chunks = self._checked(
                answer.chunks,
                start if whole else 0,
                stop - start,
                from_start=whole or start == 0,
                to_end=stop == size,
                alone=answer.status == 206,
            )
            try:
                yield chunks
            finally:
                await chunks.aclose()

    async def _check(self, answer: Stream, start: int, stop: int, ranged: bool) -> bool:
        """Judge the head of an answer; True when the file comes from its first byte although a part was asked for."""
        if answer.status == 416:
            await self._refuse(ProblemCode.FILE_CHANGED, "it has become shorter")
        if answer.status == 206 and not ranged:
            await self._refuse(ProblemCode.FILE_CHANGED, "a part came although the whole was asked for")
        whole = answer.status == 200 and ranged
        expected = stop - start if answer.status == 206 else self.facts.size
        length = answer.headers.get("content-length", "")
        if length.isdecimal() and int(length) != expected:
            await self._refuse(ProblemCode.FILE_CHANGED, f"{length} bytes are offered, {expected} were expected")
        total = _total_of(answer)
        if total is not None and total != self.facts.size:
            await self._refuse(ProblemCode.FILE_CHANGED, f"it has {total} bytes now, it had {self.facts.size}")
        return whole

    async def _checked(
        self, chunks: AsyncIterator[bytes], skip: int, wanted: int, *, from_start: bool, to_end: bool, alone: bool
    ) -> AsyncGenerator[bytes, None]:
        """Exactly the bytes asked for, after `skip` that were not; the first bytes of a file are checked.

        Where they come `alone`, the answer is read to its end: only then can its connection serve the next request.
        """
        held = b""
        unchecked = from_start
        async for chunk in chunks:
            if not wanted and not to_end:
                return  # more came than the part that was asked for
            held += chunk
            if unchecked and len(held) < min(HEAD_BYTES, skip + wanted):
                continue
            if unchecked and _is_page(held):
                await self._refuse(ProblemCode.LOGIN_PAGE, "an HTML page came instead of the file")
            unchecked = False
            passed = min(skip, len(held))
            held, skip = held[passed:], skip - passed
            if to_end and len(held) > wanted:
                await self._refuse(ProblemCode.FILE_CHANGED, "more bytes came than it has")
            piece, held = held[:wanted], b""
            wanted -= len(piece)
            if piece:
                yield piece
            if not wanted and not to_end and not alone:
                return
        if wanted:
            raise Transient(f"the file ended {wanted} bytes early")

    async def _refuse_what_is_no_file(self, answer: Stream) -> None:
        if answer.status in _LOGIN_STATUSES:
            await self._refuse(ProblemCode.LOGIN_PAGE, f"status {answer.status}")
        if answer.status in (404, 410):
            await self._refuse(ProblemCode.FILE_WITHHELD, f"status {answer.status}")
        if answer.status not in (200, 206, 416):
            await self._refuse(ProblemCode.FILE_CHANGED, f"status {answer.status}")
        kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind == "text/html":
            await self._refuse(ProblemCode.LOGIN_PAGE, "an HTML page came instead of the file")

    async def _counted(self, chunks: AsyncIterator[bytes], most: int) -> tuple[int, bytes]:
        """The number of all bytes, and the first of them. Raises `Rejected` above `most`, and for an HTML page."""
        first, count = bytearray(), 0
        async for chunk in chunks:
            count += len(chunk)
            first += chunk[: max(0, FIRST_BYTES - len(first))]
            if count > most:
                raise FileRefused(Problem(ProblemCode.TOO_LARGE), f"more than {most} bytes came", self.facts)
        if _is_page(bytes(first[:1024])):
            await self._refuse(ProblemCode.LOGIN_PAGE, "an HTML page came instead of the file")
        return count, bytes(first)

    async def _target(self, url: str, answer: Stream) -> str:
        try:
            target = urljoin(url, answer.headers.get("location", ""))
            parts = urlsplit(target)
        except ValueError:
            await self._refuse(ProblemCode.FILE_WITHHELD, "redirected to what is no address")
        if "redir=" in parts.query or parts.path.rstrip("/").endswith(("/signin", "/login")):
            await self._refuse(ProblemCode.LOGIN_PAGE, "redirected to the login page")
        if not self.hosts.trusts(target):
            await self._refuse(ProblemCode.FILE_WITHHELD, "redirected away from Slack")
        return target


def _total_of(answer: Stream) -> int | None:
    """The length of the whole file by Content-Range ("bytes 0-99/1234", RFC 9110, 14.4); None if it is not there."""
    total = answer.headers.get("content-range", "").rpartition("/")[2].strip()
    return int(total) if total.isdecimal() else None


def _is_page(first: bytes) -> bool:
    return first.lstrip(b"\xef\xbb\xbf \t\r\n")[:HEAD_BYTES].lower().startswith(_PAGE_STARTS)


async def _once(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data


class SlackFiles:
    """Finds the file behind a job."""

    def __init__(self, settings: Settings, client: SlackClient, http: Http, clock: Clock) -> None:
        self._client = client
        self._http = http
        self._clock = clock
        self._most = settings.max_file_mb * 1024 * 1024
        self._hosts = Hosts(settings.slack_file_hosts, settings.slack_api_url)

    async def info(self, file_id: str) -> Json:
        """The file object, resolved where an event gave only its id (Slack Connect). Raises `StepError`s."""
        return (await self._info(file_id))[0]

    async def _info(self, file_id: str) -> tuple[Json, Mapping[str, str]]:
        try:
            answer, headers = await self._client.ask(Method.FILE_INFO, file=file_id)
        except SlackRefusal as refusal:
            code = _PROBLEMS.get(refusal.code, ProblemCode.FILE_WITHHELD)
            raise FileRefused(Problem(code), refusal.detail) from None
        return child(answer, "file"), headers

    async def may_read(self) -> bool:
        """Whether Slack says that the token has files:read; True where it does not say. Raises `Misconfigured`."""
        try:
            scopes = (await identify(self._client)).scopes
        except Transient:
            return True
        return not scopes or FILES_READ in scopes

    async def source(self, job: Job) -> SlackFile:
        """The job's file, its size as Slack serves it.

        Raises `FileRefused` for what has no bytes to give, with the fitting problem, and `Transient` while the file is
        young and may only not be there yet.
        """
        age = max(0.0, self._clock.now() - job.created_at)
        try:
            file, headers = await self._info(job.origin.file_id)
        except FileRefused as refusal:
            raise _unless_young(refusal, age) from None
        if refused := refusal_of(file):
            raise refused
        now = self._clock.now()
        created = number(file, "created")
        if created > 0:
            age = max(0.0, (http_date(headers.get("date", "")) or now) - created)
        url = text(file, "url_private_download") or text(file, "url_private")
        facts = facts_of(file)
        if not url:
            raise _unless_young(FileRefused(Problem(ProblemCode.FILE_WITHHELD), "no address", facts), age)
        if not (facts.mimetype or facts.filetype) and guess_audio(facts) is not AudioGuess.YES and age < YOUNG_SECONDS:
            raise Transient("a new file: no type", after=pause_for(age))
        until = now + YOUNG_SECONDS - age
        token = await self._client.source.token()
        file_at_slack = SlackFile(facts, url, token, self._hosts, self._http, self._clock, until, self.may_read)
        if not job.expected_audio and guess_audio(facts) is AudioGuess.NO:
            return file_at_slack  # it will be left alone: not a byte of it is read
        found = await file_at_slack.measured(self._most)
        if not found.facts.size:
            raise _unless_young(FileRefused(Problem(ProblemCode.EMPTY_FILE), "it is empty", facts), age)
        return found


def _unless_young(refusal: FileRefused, age: float) -> FileRefused | Transient:
    """The refusal, or that the file may be there in a moment. A deleted file does not come back."""
    if age >= YOUNG_SECONDS or "file_deleted" in refusal.detail:
        return refusal
    return Transient(f"a new file: {refusal.detail}", after=pause_for(age))
