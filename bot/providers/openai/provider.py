"""`OpenAIProvider`: one OpenAI-compatible server behind the seam that every provider has.

The server knows no jobs. A job's reference is its own id; `upload` cuts the recording into pieces and makes each a
durable row; each `poll` sends the first piece without an answer and stores what comes; then they are joined.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.errors import Ambiguous, Misconfigured, Problem, ProblemCode, Rejected, Transient
from bot.domain.job import RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.domain.vocabulary import fitting
from bot.http import Answer
from bot.ports.audio import InputLimits, Payload, Progress
from bot.ports.pieces import StoredPiece
from bot.ports.provider import (
    Capabilities,
    Finding,
    Pace,
    Pending,
    PollResult,
    Succeeded,
    TranscriptionRequest,
)
from bot.providers.http_provider import HttpProvider
from bot.providers.job_folders import WorksHere
from bot.providers.kind import ProviderContext
from bot.providers.openai.answers import (
    NoResult,
    QuotaExhausted,
    Recognised,
    Service,
    is_error,
    may_be_format,
    may_have_been_done,
    names_format,
    raise_error,
    read_result,
    refused,
)
from bot.providers.openai.check import check_server
from bot.providers.openai.dialects import (
    DIARIZED,
    JSON,
    VERBOSE,
    dialect_of,
    first_format,
    is_diarizing,
    longest_piece,
    title_of,
    url_of,
)
from bot.providers.openai.form import Upload, write_form
from bot.providers.openai.joining import AnsweredPiece, join, known_name
from bot.providers.openai.languages import LANGUAGES, code_of, language_field
from bot.providers.openai.piece_files import CutLimits, PieceFiles
from bot.providers.openai.settings import OpenAISettings

SHORTEST: Final = 10.0
"""Seconds: nothing is cut below; Groq bills at least so much for a request."""

MOST_SENDS: Final = 3
"""Requests of unknown fate for one piece: the service may have billed each, so it is given up then."""

QUOTA_SECONDS: Final = 900.0
"""An account without quota is tried again so often: no harmless call shows whether it has some again."""

_BYTES_PER_SECOND, _HEADER_BYTES = 32_200, 10_000  # of a piece in the worst case (see `write_piece`)
_MARGIN: Final = 1.0  # seconds below a server's known limit
_REFERENCE_SECONDS: Final = (2.0, 10.0)  # what a recording of a known speaker may last
_MOST_REFERENCES: Final = 4
_MOST_WORDS: Final = 80  # Whisper reads about the last 224 tokens of a prompt, and a name may have three
_MIMES: Final = {"flac": "audio/flac", "wav": "audio/wav"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the pieces of a job are heard: the value of `language` ("" for none), names and jargon."""

    language: str
    vocabulary: Sequence[str]


class OpenAIProvider(WorksHere, HttpProvider):
    """An account of an OpenAI-compatible server. Its pieces lie in a directory of its own until they are answered."""

    def __init__(self, settings: OpenAISettings, context: ProviderContext) -> None:
        self._settings = settings
        self._store = context.store
        self._dialect = dialect = dialect_of(settings.base_url, settings.dialect)
        self._title = settings.title or title_of(dialect, settings.base_url)
        self._url = url_of(dialect, settings.base_url, dialect.path)
        self._folders = self._files = PieceFiles(context.directory, dialect.container)
        self._limits = CutLimits(dialect.container, self._longest(), SHORTEST)
        self._format = first_format(dialect, settings.model)  # a plainer one once the server refuses it
        self._refusals = 0  # in a row, that asking plainly helped against
        self._takes_speakers = dialect.known_speakers and is_diarizing(settings.model)
        self._out_of_quota_until = 0.0
        capabilities = Capabilities(
            title=self._title,
            accepts=InputLimits(frozenset(), video=True, on_disk=True),
            gives_speakers=is_diarizing(settings.model),
            gives_times=self._format != JSON,
            languages=LANGUAGES,
            most_words=0 if is_diarizing(settings.model) else _MOST_WORDS,  # that model refuses a prompt
            pace=Pace(settings.per_minute, settings.concurrency),
            concurrency=settings.concurrency,
            works_when_polled=True,
            latency=(5.0, 0.1),
        )
        super().__init__(context, capabilities)

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Nothing is made at the server: the reference is the job's id, with its options. Raises `Rejected`."""
        language = order.options.language or self._settings.language
        code = language_field(language, self._dialect) if language else ""
        if language and not code:
            params = {"language": language, "provider": self._title}
            raise Rejected(Problem(ProblemCode.LANGUAGE_UNSUPPORTED, params))
        return RemoteJob(f"{order.job_id}:{code}")

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """Cut the recording into pieces, on disk and in the store. Repeating it sends nothing and keeps all answers."""
        if payload.path is None:
            raise Transient("the recording is not on the disk")
        try:
            pieces = await self._files.cut(
                order.job_id, payload.path, self._limits, payload.seconds, progress, self._vocabulary(order)
            )
        except OSError as error:
            raise Transient(f"the pieces cannot be kept: {error.strerror or type(error).__name__}") from error
        await self._store.plan_pieces(order.job_id, pieces)
        await progress(1.0)

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """Send the next piece and store what was said in it. The last one makes the result."""
        job_id, language = _parts(remote)
        pieces = list(await self._store.pieces(job_id))
        at = next((at for at, piece in enumerate(pieces) if piece.segments is None), None)
        if not pieces:
            return Pending(uploaded=False)
        if at is not None:
            content = await asyncio.to_thread(self._files.read, job_id, pieces[at].piece.number)
            if content is None:
                return Pending(uploaded=False)  # it was lost with the disk: cut again, keep the answers
            vocabulary = await asyncio.to_thread(self._files.vocabulary, job_id)
            pieces[at] = await self._transcribe(job_id, pieces, at, content, _Wish(language, vocabulary))
        done = sum(piece.piece.seconds for piece in pieces if piece.segments is not None)
        if any(piece.segments is None for piece in pieces):
            return Pending(done / max(1e-9, sum(piece.piece.seconds for piece in pieces)), uploaded=True)
        return Succeeded(await self._joined(job_id, pieces))

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        """All answers as one transcript. Raises `Ambiguous` when they are not all there."""
        job_id, _ = _parts(remote)
        pieces = await self._store.pieces(job_id)
        if not pieces or any(piece.segments is None for piece in pieces):
            raise Ambiguous("the pieces are not all answered")
        return await self._joined(job_id, pieces)

    async def cancel(self, remote: RemoteJob) -> None:
        """Delete the audio; the engine has ended a request under way. Answers that were paid for stay in the store."""
        job_id, _ = _parts(remote)
        await asyncio.to_thread(self._files.forget, job_id)

    async def check(self) -> Sequence[Finding]:
        """Ask for the list of models, and say whether ours is in it. No audio, no bill."""
        if self._clock.now() < self._out_of_quota_until:
            detail = "no quota left when it was last used"
            return [Finding(False, f"{self._title}: quota", detail, "Check the account's billing.")]
        settings = self._settings
        return await check_server(
            self._http, self._service(), self._dialect, settings.base_url, settings.model, self._credential()
        )

    # ---- one piece

    async def _transcribe(
        self, job_id: str, pieces: Sequence[StoredPiece], at: int, content: bytes, wish: _Wish
    ) -> StoredPiece:
        stored, piece = pieces[at], pieces[at].piece
        service = self._service(piece.seconds, len(content))
        if stored.sends >= MOST_SENDS:
            raise refused(self._silence(), service, f"piece {piece.number} was sent {stored.sends} times")
        references = await self._references(job_id, pieces, at)
        try:
            found = await self._recognise(job_id, stored, content, wish, references, service)
        except QuotaExhausted:
            self._out_of_quota_until = self._clock.now() + QUOTA_SECONDS
            raise
        except Ambiguous as unknown:
            if stored.sends + 1 < MOST_SENDS:
                raise
            words = unknown.words if isinstance(unknown, NoResult) else self._silence()
            raise refused(words, service, unknown.detail) from unknown
        code = code_of(found.language) or None
        await self._store.piece_answered(job_id, piece.number, found.segments, code, self._clock.now())
        if piece.number or not self._takes_speakers:  # the first is needed for the recordings of its speakers
            await asyncio.to_thread(self._files.drop, job_id, piece.number)
        return StoredPiece(piece, stored.sends + 1, found.segments, code)

    async def _recognise(
        self,
        job_id: str,
        stored: StoredPiece,
        content: bytes,
        wish: _Wish,
        references: Mapping[str, str],
        service: Service,
    ) -> Recognised:
        """What was said. A refusal that may be about the format or the speakers is followed by one plainer request."""
        wanted = self._format
        answer = await self._send(job_id, stored, content, wanted, wish, references)
        if is_error(answer) and may_be_format(answer) and (references or wanted != JSON):
            plainer = wanted if references else JSON
            again = await self._send(job_id, stored, content, plainer, wish, {})
            if not is_error(again):
                self._remember_refusal(answer, plainer, bool(references))
            answer = again
        elif not is_error(answer):
            self._refusals = 0
        if is_error(answer):
            raise_error(answer, service, self._clock.now())
        return read_result(answer.json_object(), stored.piece.seconds, wish.vocabulary)

    def _remember_refusal(self, refusal: Answer, plainer: str, of_speakers: bool) -> None:
        """Ask plainly from now on if the refusal says why, or is the second in a row; one alone may be chance."""
        self._refusals += 1
        if names_format(refusal) or self._refusals > 1:
            self._format = plainer
            self._takes_speakers = self._takes_speakers and not of_speakers

    async def _send(
        self,
        job_id: str,
        stored: StoredPiece,
        content: bytes,
        wanted: str,
        wish: _Wish,
        references: Mapping[str, str],
    ) -> Answer:
        """One request. Its fate is unknown from before it leaves until it is answered or certainly was not done."""
        number = stored.piece.number
        name = f"piece-{number + 1}.{self._dialect.container}"
        fields = self._fields(wanted, wish, references)
        content_type, body = write_form(fields, Upload(name, _MIMES[self._dialect.container], content))
        if self._acquire is not None:
            await self._acquire()  # before the row says that it was sent: this may take long
        await self._store.piece_sent(job_id, number, self._clock.now())
        try:
            answer = await self._http.call(
                self.account,
                "POST",
                self._url,
                headers={"Content-Type": content_type, **self._credential()},
                content=body,
                timeout=self._settings.timeout_seconds,
                repeatable=False,
                every_status=True,
            )
        except (Transient, Misconfigured):  # it never left
            await self._store.piece_not_done(job_id, number)
            raise
        if is_error(answer) and not may_have_been_done(answer):
            await self._store.piece_not_done(job_id, number)
        return answer

    def _fields(self, wanted: str, wish: _Wish, references: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        dialect, model = self._dialect, self._settings.model
        fields = [("model", model)] if dialect.sends_model else []
        fields += [("response_format", wanted), ("temperature", "0")]
        if wish.language or dialect.detects:
            fields.append(("language", wish.language or dialect.detects))
        if wish.vocabulary:
            fields.append((dialect.vocabulary_field, ", ".join(wish.vocabulary)))
        if wanted == VERBOSE and self._settings.word_times and dialect.word_times:
            fields += [("timestamp_granularities[]", "segment"), ("timestamp_granularities[]", "word")]
        if is_diarizing(model) and dialect.known_speakers:
            fields.append(("chunking_strategy", "auto"))  # required above 30 seconds
            fields += [("known_speaker_names[]", name) for name in references]
            fields += [("known_speaker_references[]", url) for url in references.values()]
        return fields

    def _vocabulary(self, order: TranscriptionRequest) -> tuple[str, ...]:
        """What is sent with each piece: the conversation's entries, beneath them those of the settings."""
        return fitting(order.vocabulary, self._capabilities.most_words, self._settings.vocabulary_words)

    def _credential(self) -> Mapping[str, str]:
        key = self._settings.api_key.get_secret_value()
        if not key:
            return {}
        header = self._dialect.key_header
        return {header: f"Bearer {key}" if header == "Authorization" else key}

    # ---- speakers and the whole

    async def _references(self, job_id: str, pieces: Sequence[StoredPiece], at: int) -> Mapping[str, str]:
        """Recordings of the first piece's speakers by the name that later pieces give them; made once."""
        if at == 0 or not self._takes_speakers or self._format != DIARIZED:
            return {}
        kept = await asyncio.to_thread(self._files.references, job_id)
        if kept is not None:
            return kept
        return await self._files.make_references(job_id, _spans(pieces[0].segments or ()))

    async def _joined(self, job_id: str, pieces: Sequence[StoredPiece]) -> Transcript:
        vocabulary = await asyncio.to_thread(self._files.vocabulary, job_id)
        await asyncio.to_thread(self._files.forget, job_id)
        answered = [
            AnsweredPiece(one.piece.number, one.piece.start, one.piece.seconds, one.segments or (), one.language)
            for one in pieces
        ]
        return replace(join(answered), vocabulary=vocabulary)

    # ---- limits

    def _longest(self) -> float:
        settings = self._settings
        size = min(settings.piece_mb * 1e6, self._dialect.max_bytes or math.inf)
        found = min(settings.piece_seconds, (size - _HEADER_BYTES) / _BYTES_PER_SECOND)
        known = longest_piece(self._dialect, settings.model)
        return found if known is None else min(found, known - _MARGIN)

    def _silence(self) -> str:
        seconds, prefix = self._settings.timeout_seconds, self.name.upper()
        return (
            f"It gave no answer {MOST_SENDS} times. A proxy in between may cut long requests, or a part takes longer "
            f"than {prefix}_TIMEOUT_SECONDS (now {seconds:g})"
        )

    def _service(self, seconds: float = 0.0, size: int = 0) -> Service:
        prefix = self.name.upper()
        if not size:
            return Service(self.name, self._title, prefix)
        settings = self._settings
        smaller = (
            f"This part has {seconds:.0f} s and {size / 1e6:.1f} MB; the administrator can make parts smaller with "
            f"{prefix}_PIECE_SECONDS (now {settings.piece_seconds:g}) and {prefix}_PIECE_MB (now {settings.piece_mb:g})"
        )
        return Service(self.name, self._title, prefix, smaller)


def _parts(remote: RemoteJob) -> tuple[str, str]:
    """The job's id and the `language` of its requests."""
    job_id, _, language = remote.ref.partition(":")
    return job_id, language


def _spans(segments: Sequence[Segment]) -> Mapping[str, tuple[float, float]]:
    """The longest stretch of each of the first speakers, by the name that it will have: start and end in seconds."""
    shortest, longest = _REFERENCE_SECONDS
    found: dict[str, tuple[float, float]] = {}
    for segment in segments:
        if segment.speaker is None or segment.start is None or segment.end is None:
            continue
        name = known_name(segment.speaker)
        before = found.get(name, (0.0, 0.0))
        if segment.end - segment.start >= max(shortest, before[1] - before[0]):
            found[name] = (segment.start, min(segment.end, segment.start + longest))
    return dict(list(found.items())[:_MOST_REFERENCES])
