"""Xosum (Armenian): create, presigned PUT of an MP3, then a poll or the account's webhook."""

import hmac
import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from bot.domain.errors import Ambiguous, Transient, WebhookRefused
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.http import Answer
from bot.ports.audio import InputLimits, Payload, Progress
from bot.ports.provider import (
    Capabilities,
    Finding,
    Pace,
    Pending,
    PollResult,
    Succeeded,
    TranscriptionRequest,
    WebhookEvent,
    WebhookRequest,
)
from bot.providers.findings import try_credentials, webhook_finding
from bot.providers.http_provider import HttpProvider, titled
from bot.providers.json_fields import (
    Fields,
    gave_up,
    one_line,
    read_object,
    reference,
    refusal,
    seconds,
    text,
    unknown,
    upload_url,
    value_or_none,
)
from bot.providers.kind import ProviderContext
from bot.providers.presigned import put_audio
from bot.providers.webhook_address import webhook_token
from bot.providers.xosum.settings import XosumSettings

TITLE = "Xosum"
UPLOAD_LIFE = 3600.0
RETRY_AFTER = 5.0  # seconds, where a 429 does not say
RECORDING_TYPES = {"single_voice": "One voice", "phone_call": "Phone call (two speakers)"}

_LABEL = re.compile(r"(?:^|(?<=\s))(Խոսնակ)\s*(\d{1,2})\s*[:։]")


class XosumProvider(HttpProvider):
    """A Xosum account: MP3 only; title, summary and, for phone calls, speakers; no times."""

    def __init__(self, settings: XosumSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._secret = settings.webhook_secret.get_secret_value()
        capabilities = Capabilities(
            title=titled(TITLE, context.name),
            accepts=InputLimits(
                mimes=frozenset({"audio/mpeg"}),
                max_seconds=settings.max_minutes * 60 or None,
                max_bytes=settings.max_file_mb * 2**20,
            ),
            gives_speakers=True,
            recording_types=RECORDING_TYPES,
            default_options=Options(recording_type=settings.recording_type),
            pushes=bool(context.public_url and self._secret),
            pace=Pace(settings.per_minute, settings.burst),
            poll_seconds=(5.0, 60.0),
            latency=(5.0, 0.1),
        )
        super().__init__(context, capabilities)

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Make the job. A repeat would make a second one, so this happens once; without an upload it costs nothing."""
        wanted = order.options.recording_type or ""
        body: dict[str, object] = {
            "type": wanted if wanted in RECORDING_TYPES else self._settings.recording_type,
            "metadata": {"job": order.job_id},
        }
        if self._settings.checklist_id:
            body["checklistId"] = self._settings.checklist_id
        answer = await self._call("POST", "/api/createTranscription", body)
        if not answer.ok:
            raise refusal(answer, self.title)
        found = answer.json_object()
        ref = reference(found, "docId")
        url = upload_url(found, "uploadUrl", self._settings.base_url)
        if not ref or not url:
            raise Ambiguous(f"{answer.source}: answer without docId or uploadUrl")
        return RemoteJob(ref, url, self._clock.now() + UPLOAD_LIFE)

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """PUT the MP3; the upload itself starts the work."""
        content_type = value_or_none(self._settings.upload_content_type)
        await put_audio(self._http, self.account, self.title, remote.upload_url or "", content_type, payload, progress)

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """One GET, which also carries the result."""
        answer = await self._read(remote.ref)
        if not answer.ok:
            return unknown(answer, self.title)
        return read_standing(answer.json_object(), answer.source, self.title)

    def webhook_token(self) -> str:
        """Derived from XOSUM_WEBHOOK_SECRET."""
        return webhook_token(self.name, self._secret)

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """Believe a body whose `secret` is ours, compared in constant time before anything else is looked at."""
        body = read_object(request.body)
        if body is None:
            raise WebhookRefused(400, "malformed")
        given = body.get("secret")
        same = isinstance(given, str) and hmac.compare_digest(
            given.encode("utf-8", "surrogatepass"), self._secret.encode("utf-8", "surrogatepass")
        )
        if not same or not self._secret:
            raise WebhookRefused(401, "secret")
        event = text(body, "event_type") or ("transcript_ready" if "transcription" in body else "")
        if event != "transcript_ready":
            return WebhookEvent(ignored="analysis" if event == "analysis_ready" else "unknown event")
        ref = reference(body, "docId")
        if not ref:
            raise WebhookRefused(400, "malformed")
        kept = {name: text(body, name) for name in ("transcription", "title", "resolution")}
        return WebhookEvent(ref=ref, key=f"{ref}:{event}", result=json.dumps(kept).encode("ascii"))

    def parse_pushed(self, result: bytes) -> Transcript | None:
        """The transcript of a webhook that was believed; the kind of recording and the language are not in it.

        None where it has no text: only a poll tells whether nothing was said.
        """
        body = read_object(result)
        return read_transcript(body) if body is not None and text(body, "transcription") else None

    async def check(self) -> Sequence[Finding]:
        """Ask for a job that cannot exist: a good key is told so, a bad one is refused. One call of the budget."""
        remedy = f"Copy the API key again from the account settings (Business plan) into {self.variable('API_KEY')}."
        findings = await try_credentials(self.title, lambda: self._read("doctor"), self._clock, remedy)
        hook = webhook_finding(
            self.title, self.variable("WEBHOOK_SECRET"), self._secret, self._context.public_url, self.name
        )
        return [*findings, hook]

    async def _read(self, ref: str) -> Answer:
        return await self._call("GET", f"/api/getTranscription?docId={quote(ref, safe='')}")

    async def _call(self, method: str, path: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._settings.api_key.get_secret_value()}"}
        url, repeatable = f"{self._settings.base_url}{path}", method != "POST"
        answer = await self.request(method, url, headers, body, repeatable=repeatable, retry_default=RETRY_AFTER)
        advice = f"check {self.variable('API_KEY')}, and that the plan includes the API"
        return self.judged(answer, advice, advice, self.variable("BASE_URL"))


def read_standing(found: Fields, source: str, title: str = TITLE) -> PollResult:
    """How a job stands by its GET; `title` is how people know the account.

    A status nobody knows is work in progress; none at all is not an answer.
    """
    match text(found, "status").lower():
        case "":
            raise Transient(f"{source}: answer without a status")
        case "transcribed":
            if not isinstance(found.get("transcription"), str | None):  # not silence: another shape than we know
                raise Transient(f"{source}: a transcription that is no text")
            return Succeeded(read_transcript(found))
        case "failed":
            return gave_up(title, one_line(text(found, "error")), f"{source}: the job failed")
        case status:
            return Pending(uploaded=status != "uploading")


def read_transcript(found: Fields) -> Transcript:
    """The transcript of a GET or a webhook; null or empty text means that nothing was said."""
    return Transcript(
        segments=split_speakers(text(found, "transcription"), text(found, "type")),
        language=text(found, "languageCode") or None,
        seconds=seconds(found, "duration"),
        title=text(found, "title") or None,
        summary=text(found, "resolution") or None,
    )


def split_speakers(words: str, recording_type: str = "") -> tuple[Segment, ...]:
    """Segments of a text with inline labels `Խոսնակ 1:`, by speaker; without labels one segment a line, no speaker.

    A single voice has no labels, so none is looked for; where the kind is not told, a label must come first.
    """
    labels = list(_LABEL.finditer(words))
    labelled = bool(labels) and (
        recording_type == "phone_call" or (recording_type != "single_voice" and labels[0].start() == 0)
    )
    if not labelled:
        return tuple(Segment(line.strip()) for line in words.splitlines() if line.strip())
    segments = [Segment(before)] if (before := words[: labels[0].start()].strip()) else []
    ends = [label.start() for label in labels[1:]] + [len(words)]
    for label, end in zip(labels, ends, strict=True):
        if said := words[label.end() : end].strip():
            segments.append(Segment(said, speaker=f"{label.group(1)} {label.group(2)}"))
    return tuple(segments)
