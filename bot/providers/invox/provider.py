"""Invox Medical: token, presigned PUT of the negotiated type, then its callback or a poll; a summary on request."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.errors import (
    Ambiguous,
    Misconfigured,
    Problem,
    ProblemCode,
    Rejected,
    Transient,
    UploadUrlRefused,
    WebhookRefused,
)
from bot.domain.job import RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Answer
from bot.ports.audio import InputLimits, Payload, Progress
from bot.ports.provider import (
    Capabilities,
    Finding,
    Pending,
    PollResult,
    Succeeded,
    TranscriptionRequest,
    WebhookEvent,
    WebhookRequest,
)
from bot.providers.findings import try_credentials, webhook_finding
from bot.providers.http_provider import HttpProvider, titled
from bot.providers.invox.results import read_note, read_status, read_transcript, with_speakers
from bot.providers.invox.settings import InvoxSettings
from bot.providers.invox.signature import is_genuine
from bot.providers.json_fields import (
    gave_up,
    has_words,
    mapping,
    number,
    one_line,
    read_object,
    reference,
    refusal,
    text,
    unknown,
    upload_url,
    value_or_none,
)
from bot.providers.kind import ProviderContext
from bot.providers.presigned import put_audio
from bot.providers.recent import Recent
from bot.providers.summaries import Summaries
from bot.providers.token import Token, TokenCache

TITLE = "Invox Medical"
TOKEN_LIFE = 7200.0
RENEW_EARLY = 300.0
NOTE_TIMEOUT = 120.0

MIME_TYPES: Mapping[str, str] = {
    "audio/x-wav": "audio/x-wav",
    "audio/wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mp3",
    "audio/mpeg": "audio/mp3",
    "audio/m4a": "audio/m4a",
    "audio/mp4": "audio/m4a",
    "audio/x-m4a": "audio/m4a",
    "audio/flac": "audio/flac",
    "audio/x-flac": "audio/flac",
    "audio/ogg": "audio/ogg",
    "audio/webm": "audio/webm",
}
"""What we have -> what the service lists. INVOX_MIME_MAP adds to it."""


class InvoxProvider(HttpProvider):
    """An application registered with Invox Medical: seven MIME types; times; speakers through the callback only."""

    def __init__(self, settings: InvoxSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._api_key = settings.api_key.get_secret_value()
        self._secret = settings.app_secret.get_secret_value()
        self._pushes = bool(context.public_url and self._secret)
        self._mime_types = {**MIME_TYPES, **_extra_types(settings.mime_map)}
        self._tokens = TokenCache(context.clock, self._new_token, RENEW_EARLY)
        self._first_seen: Recent[float] = Recent()
        self._refused: Recent[bool] = Recent()  # jobs whose upload URL was
        self._unconfirmable: Recent[bool] = Recent()  # jobs that by their last poll the service does not know
        capabilities = Capabilities(
            title=titled(TITLE, context.name),
            accepts=InputLimits(mimes=frozenset(self._mime_types), max_bytes=settings.max_file_mb * 2**20),
            gives_speakers=self._pushes,
            gives_times=True,
            pushes=self._pushes,
            poll_seconds=(10.0, 60.0),
            latency=(10.0, 0.3),
        )
        super().__init__(context, capabilities)
        self._summaries = Summaries(settings.summary, context)

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Ask for an upload URL; a request that gets no upload is not processed."""
        body: dict[str, object] = {**self._extra_body(), "mimeType": self._mime_type(order)}
        if self._pushes and order.hook_url:
            body["callbackUrl"] = order.hook_url
        answer = await self._call("generate-presigned-url", body, self._settings.api_version, repeatable=False)
        if not answer.ok:
            raise refusal(answer, self.title)
        found = answer.json_object()
        ref = reference(found, "requestId")
        url = upload_url(found, "presignedUrl", self._settings.base_url)
        if not ref or not url:
            raise Ambiguous(f"{answer.source}: answer without requestId or presignedUrl")
        self._first_seen.put(ref, self._clock.now())
        return RemoteJob(ref, url)

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """PUT with exactly the negotiated type; the upload starts the processing."""
        url, mime_type = remote.upload_url or "", self._mime_type(order)
        try:
            await put_audio(self._http, self.account, self.title, url, mime_type, payload, progress)
        except UploadUrlRefused:
            self._refused.put(remote.ref, True)
            raise

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """Ask get-transcription. Whether it knows jobs with a callback is unconfirmed, so a 404 is no verdict then."""
        ref = remote.ref
        now = self._clock.now()
        first_seen = self._first_seen.get(ref)
        if first_seen is None:
            self._first_seen.put(ref, now)
        young = first_seen is None or now - first_seen <= self._settings.grace_seconds
        self._unconfirmable.drop(ref)
        answer = await self._call("get-transcription", {"requestId": ref}, self._settings.api_version)
        if answer.status in (404, 405) and (young or self._pushes):
            self._unconfirmable.put(ref, True)
            return Pending(uploaded=False if ref in self._refused else None)
        if not answer.ok:
            return unknown(answer, self.title)
        found = answer.json_object()
        status = read_status(found)
        if status == "COMPLETED":
            if not has_words(found.get("transcription")):
                raise Transient(f"{answer.source}: a transcription that cannot be read")
            return Succeeded(read_transcript(found))
        if status == "ERROR":
            return gave_up(self.title, one_line(text(found, "errorMessage")), "told by the poll")
        return Pending()

    def merge_pushed(self, fetched: Transcript, pushed: bytes) -> Transcript:
        """The text that the service itself gave, with the speakers that only its callback had."""
        found = read_object(pushed)
        if found is None or read_status(found) != "COMPLETED":
            return fetched
        told = read_transcript(found)
        return with_speakers(fetched, told) if self._settings.confirm_callback else told

    async def enrich(self, transcript: Transcript) -> Transcript:
        """The consultation summary, where it is wanted and may be asked for; the service gives no title."""
        if not self._summaries.wanted or transcript.is_empty:
            return transcript
        body = {
            "transcript": transcript.text,
            "outputFormat": self._settings.summary_format,
            "outputLanguage": self._settings.summary_language,
        }
        operation, version = "generate-consultation-summary", self._settings.summary_version
        answer = await self._summaries.ask(
            lambda: self._call(operation, body, version, repeatable=False, timeout=NOTE_TIMEOUT)
        )
        if answer is None:
            return transcript
        if not answer.ok:
            raise refusal(answer, self.title)
        return replace(transcript, summary=read_note(answer.json_object()) or transcript.summary)

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """Believe a body with our signature at this job's own URL; every other one is refused alike."""
        body = read_object(request.body)
        settings = self._settings
        genuine = body is not None and is_genuine(
            body.get("signature"),
            settings.app_id,
            self._api_key,
            self._secret,
            settings.signature_format,
        )
        if body is None or not genuine or not request.token:
            raise WebhookRefused(401, "signature")
        ref = reference(body, "requestId")
        if not ref:
            raise WebhookRefused(400, "malformed")
        status = read_status(body)[:40]
        kept: dict[str, object] = {"requestId": ref, "status": status}
        if status == "COMPLETED" and isinstance(listed := body.get("transcription"), list) and has_words(listed):
            kept["transcription"] = [
                {"text": segment.text, "start": segment.start, "end": segment.end, "speaker": segment.speaker}
                for segment in read_transcript(body).segments
            ]
        elif status == "ERROR":
            kept["errorMessage"] = one_line(text(body, "errorMessage"))
        else:
            kept = {}
        result = json.dumps(kept).encode("ascii") if kept else b""
        return WebhookEvent(ref=ref, hook_token=request.token, key=f"{ref}:{status}", result=result)

    def parse_pushed(self, result: bytes) -> Transcript | None:
        """The callback's transcript, taken at its word only once a poll has shown that it cannot be confirmed.

        None until then: the poll's own answer decides. Raises `Rejected` for a failure that is believed.
        """
        found = read_object(result)
        if found is None:
            return None
        if self._settings.confirm_callback and reference(found, "requestId") not in self._unconfirmable:
            return None
        match read_status(found):
            case "COMPLETED":
                return read_transcript(found)
            case "ERROR":
                raise Rejected(gave_up(self.title, text(found, "errorMessage"), "").problem, "told by the callback")
            case _:
                return None

    async def check(self) -> Sequence[Finding]:
        """Fetch a token; nothing is created or billed."""
        remedy = f"Check {self.variable('BASE_URL', 'TOKEN_PATH', 'APP_ID', 'API_KEY')}."
        findings = await try_credentials(self.title, self._fetch_token, self._clock, remedy)
        hook = webhook_finding(self.title, self.variable("APP_SECRET"), self._secret, self._context.public_url)
        return [*findings, hook]

    def _mime_type(self, order: TranscriptionRequest) -> str:
        wanted = order.mime.partition(";")[0].strip().lower()
        if (found := self._mime_types.get(wanted)) is None:
            raise Rejected(Problem(ProblemCode.NOT_CONVERTIBLE), f"invox: no MIME type for {wanted!r}")
        return found

    def _extra_body(self) -> Mapping[str, object]:
        return self._json_setting(self.variable("EXTRA_BODY"), self._settings.extra_body) or {}

    def _json_setting(self, name: str, value: str) -> Mapping[str, object] | None:
        if not (value := value_or_none(value)):
            return None
        try:
            found = mapping(json.loads(value))
        except ValueError:
            found = None
        if found is None:
            raise Misconfigured(self.account, f"{name} is not a JSON object")
        return found

    async def _new_token(self) -> Token:
        answer = await self._fetch_token()
        found = answer.json_object()
        value = text(found, "accessToken", "access_token", "token")
        if not value:
            raise Misconfigured(self.account, f"{answer.source}: the token service's answer has no token")
        return Token(value, number(found, "expiresIn", "expires_in") or TOKEN_LIFE)

    async def _fetch_token(self) -> Answer:
        settings = self._settings
        pair = base64.b64encode(f"{settings.app_id}:{self._api_key}".encode()).decode("ascii")
        url = f"{settings.base_url}{settings.token_path}"
        body = self._json_setting(self.variable("TOKEN_BODY"), settings.token_body)
        headers = {"Authorization": f"{settings.token_scheme} {pair}"}
        answer = await self.request(settings.token_method, url, headers, body)
        if not answer.ok:
            advice = f"check {self.variable('BASE_URL', 'TOKEN_PATH', 'APP_ID', 'API_KEY')}"
            raise Misconfigured(self.account, f"{answer.source}: token refused with status {answer.status}: {advice}")
        return answer

    async def _call(
        self, operation: str, body: object, version: str, *, repeatable: bool = True, timeout: float = 30.0
    ) -> Answer:
        url = f"{self._settings.base_url}{self._settings.api_prefix}/{operation}"

        async def send(token: str) -> Answer:
            headers = {"Authorization": f"Bearer {token}", "X-Invox-Medical-Api-Version": version}
            return await self.request("POST", url, headers, body, repeatable=repeatable, timeout=timeout)

        answer = await self._tokens.call(send)
        refused = "a fresh token is refused: check the application's key"
        return self.judged(
            answer, refused, f"the credential lacks the permission for {operation}", self.variable("BASE_URL")
        )


def _extra_types(setting: str) -> Mapping[str, str]:
    pairs = (pair.lower().split("=", 1) for pair in setting.split(",") if "=" in pair)
    return {ours.strip(): theirs.strip() for ours, theirs in pairs if ours.strip() and theirs.strip()}
