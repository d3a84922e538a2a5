"""Invox Medical's batch transcription simulated: token, presigned upload, callback with a signature, poll, summary.

Source of every rule: the provider's developer pages; what those leave open or tell in two ways is a setting here.
"""

import json
import secrets
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Unpack

from aiohttp import web
from pydantic import JsonValue

from simulators.provider.call import Call, JsonObject
from simulators.provider.faults import Kind
from simulators.provider.jobs import Job, Variant
from simulators.provider.program import main
from simulators.provider.refusal import RefusalError
from simulators.provider.results import ENGLISH, Segment, Transcript, cue_time
from simulators.provider.server import ProviderSimulator
from simulators.provider.settings import CommonSettings
from simulators.provider.state import Place
from simulators.provider.uploads.media import Content
from simulators.provider.uploads.presigned import ROUTE, PresignedStore
from simulators.provider.webhooks.delivery import Message
from simulators.provider.webhooks.signature import Format, sign

CONTAINERS: Final[dict[str, str]] = {
    "audio/x-wav": "wav",
    "audio/wav": "wav",
    "audio/mp3": "mp3",
    "audio/m4a": "m4a",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
}
"""The listed MIME types, each with the container that must arrive."""

VERSIONS: Final = ("2025-10-01", "2025-11-01", "2026-03-01")
VERSION_HEADER: Final = "X-Invox-Medical-Api-Version"
_SINCE: Final = {"create": "2025-10-01", "read": "2025-10-01", "summary": "2026-03-01"}
_SINCE_WORDS: Final = "this operation is not part of that version"


class InvoxSettings(CommonSettings):
    """What can be set on Invox Medical.

    `token_field` and `life_field` name the token answer's fields (life None: not sent). `status_field` names the poll's
    status, `callback_status` None leaves it out of the callback, the two `..._speaker` name the speaker or leave it
    out. `appears_after` is how long a new job is answered with 404. `poll_beside_callback` False: 404 for jobs that
    have a callback.
    """

    app_id: str = "app-123"
    api_key: str = "key-456"
    app_secret: str = "0123456789abcdef0123456789abcdef"  # noqa: S105 - the published test vector's
    permissions: frozenset[str] = frozenset({"BATCH-TRANSCRIBE", "CONSULTATION-SUMMARY"})
    token_path: str = "/api/v1/access-token"  # noqa: S105 - a path
    token_life: float = 7200.0
    token_field: Literal["accessToken", "access_token", "token"] = "accessToken"  # noqa: S105 - a field's name
    life_field: Literal["expiresIn", "expires_in"] | None = "expiresIn"
    prefix: str = "/api/v1"
    extra_fields: frozenset[str] = frozenset()
    version_required: frozenset[str] = frozenset({"create", "read", "summary"})
    upload_life: float = 3600.0
    appears_after: float = 0.0
    poll_beside_callback: bool = True
    status_field: Literal["processingStatus", "transcriptionStatus", "status"] = "processingStatus"
    poll_speaker: Literal["speakerId", "speaker", "speakerName"] | None = None
    vtt: bool = True
    signature_format: Format = "A"
    callback_status: str | None = "COMPLETED"
    callback_speaker: Literal["speakerId", "speaker"] | None = "speakerId"
    callback_on_error: bool = False
    language: str = "en"


@dataclass(slots=True)
class InvoxJob(Job):
    """A request for a transcription."""

    mime_type: str = ""
    callback_url: str = ""


class InvoxSimulator(ProviderSimulator[InvoxSettings, InvoxJob]):
    """Invox Medical on a loopback port. Operations: `token`, `create`, `upload`, `read`, `summary`."""

    name: ClassVar[str] = "invox"
    operations: ClassVar[frozenset[str]] = frozenset({"token", "create", "upload", "read", "summary"})
    shapes: ClassVar[frozenset[Kind]] = frozenset(
        {
            *("failed", "unknown_status", "no_text", "empty_transcript", "lower_case", "out_of_order"),
            *("missing_payload",),
        }
    )

    def __init__(self, settings: InvoxSettings | None = None, **place: Unpack[Place]) -> None:
        super().__init__(settings or InvoxSettings(), **place)
        self._store = PresignedStore(self.clock, self.faults, lambda: self.url, self._uploaded)
        self._tokens: dict[str, float] = {}

    def add_routes(self) -> None:
        """Register the operations."""
        prefix = self.settings.prefix
        self.route("POST", self.settings.token_path, "token", self._token)
        self.route("POST", f"{prefix}/generate-presigned-url", "create", self._create)
        self.route("POST", f"{prefix}/get-transcription", "read", self._read)
        self.route("POST", f"{prefix}/generate-consultation-summary", "summary", self._summary)
        self.route("PUT", ROUTE, "upload", self._upload, counted=False)

    def environment(self) -> dict[str, str]:
        """Return the bot's settings for this simulator."""
        return {
            "PROVIDER": "invox",
            "INVOX_BASE_URL": self.url,
            "INVOX_APP_ID": self.settings.app_id,
            "INVOX_API_KEY": self.settings.api_key,
            "INVOX_APP_SECRET": self.settings.app_secret,
            "INVOX_TOKEN_PATH": self.settings.token_path,
        }

    def error_body(self, refusal: RefusalError) -> JsonObject:
        """Return Invox's error body: most of its pages spell the key with three s, the 404 does not."""
        body: JsonObject = {"message" if refusal.status in (404, 429) else "messsage": str(refusal)}
        if refusal.status != 401:
            body["errorType"] = refusal.name or "unspecified"
        return body

    def transcript(self, job: InvoxJob) -> Transcript:
        """Return the job's result; before an upload it is made from the job's id."""
        return self.result_in(self.settings.language, job)

    def expire_upload(self, job_id: str | None = None) -> None:
        """End the life of one job's upload URL, or of all."""
        self._store.expire(job_id)

    def revoke_tokens(self) -> None:
        """End the life of all access tokens."""
        for token in self._tokens:
            self._tokens[token] = self.clock.now()

    def job_named(self, call: Call, body: bytes) -> str | None:
        """Return the job whose upload path is called or that a poll's body names."""
        if call.operation != "read":
            return self._store.job_at(call.request.path)
        try:
            asked: JsonValue = json.loads(body)
        except ValueError:
            return None
        return str(asked.get("requestId")) if isinstance(asked, dict) else None

    # ---- operations

    async def _token(self, call: Call) -> web.Response:
        expected = f"{self.settings.app_id}:{self.settings.api_key}"
        credential = call.basic()
        if credential.count(":") < 1:
            raise RefusalError(401, "Bad credential", violation="bad-basic")
        if not secrets.compare_digest(credential.encode(), expected.encode()):
            raise RefusalError(401, "Unknown application or key")
        await call.json(frozenset())
        token = f"invox.{secrets.token_urlsafe(24)}"
        self._tokens[token] = self.clock.now() + self.settings.token_life
        body: JsonObject = {self.settings.token_field: token}
        if self.settings.life_field is not None:
            body[self.settings.life_field] = int(self.settings.token_life)
        return web.json_response(body)

    def _authorize(self, call: Call, permission: str) -> None:
        expires_at = self._tokens.get(call.bearer())
        if expires_at is None:
            raise RefusalError(401, "Invalid access token", violation="unknown-bearer")
        if self.clock.now() >= expires_at:
            raise RefusalError(401, "Access token expired")
        if permission not in self.settings.permissions:
            raise RefusalError(403, f"Permission {permission} missing", name="permissionDenied")
        version = call.request.headers.get(VERSION_HEADER)
        if version is None:
            if call.operation in self.settings.version_required:
                raise self._invalid(f"{VERSION_HEADER} missing", "missing-version")
        elif version not in VERSIONS:
            raise self._invalid(f"no version {version}", "unknown-version")
        elif version < _SINCE[call.operation]:
            raise self._invalid(_SINCE_WORDS, "version-too-old")

    @staticmethod
    def _invalid(words: str, violation: str) -> RefusalError:
        return RefusalError(400, words, name="invalidRequestBody", violation=violation)

    async def _create(self, call: Call) -> web.Response:
        self._authorize(call, "BATCH-TRANSCRIBE")
        allowed = frozenset({"mimeType", "callbackUrl"}) | self.settings.extra_fields
        body = await call.json(allowed, frozenset({"mimeType"}))
        mime_type, callback_url = body["mimeType"], body.get("callbackUrl", "")
        if not isinstance(mime_type, str) or mime_type not in CONTAINERS:
            raise self._invalid(f"mimeType {mime_type!r} is not supported", "bad-mime-type")
        if not isinstance(callback_url, str):
            raise self._invalid("callbackUrl must be a string", "bad-callback")
        if "callbackUrl" in body and not callback_url.startswith(("https://", "http://")):
            raise self._invalid("callbackUrl must be an absolute URL", "bad-callback")
        job = InvoxJob(
            self.new_id(), self.clock.now(), self.next_plan(), mime_type=mime_type, callback_url=callback_url
        )
        self.jobs[job.id] = job
        call.record.job = job.id
        if job.plan.webhook == "early":
            await self.webhooks.send(job.id)
        url = self._store.issue(job.id, self.settings.upload_life, mime_type)
        return web.json_response({"presignedUrl": url, "requestId": job.id})

    async def _upload(self, call: Call) -> web.Response:
        return await self._store.put(call)

    def _uploaded(self, job_id: str, content: Content) -> None:
        job = self.jobs[job_id]
        if content.container == CONTAINERS[job.mime_type]:
            self.begin(job, content)
            return
        words = f"{job.mime_type} was announced, {content.container} arrived"
        self.ledger.breach(self.clock.now(), "media-mismatch", "upload", words)
        job.content = content
        job.fail(words)

    async def _read(self, call: Call) -> web.Response:
        self._authorize(call, "BATCH-TRANSCRIBE")
        body = await call.json(frozenset({"requestId"}), frozenset({"requestId"}))
        missing = "Transcription not found"
        job = self.find(call, str(body["requestId"]), missing, "transcriptionNotFound")
        now = self.clock.now()
        hidden = job.callback_url and not self.settings.poll_beside_callback
        if hidden or job.content is None or now < job.created_at + self.settings.appears_after:
            raise RefusalError(404, missing, name="transcriptionNotFound")
        failing = self.faults.take("read", "failed", job=job.id)
        if failing is not None:
            job.fail(failing.text or job.plan.error)
        return web.json_response(self._shaped(job, now))

    def _shaped(self, job: InvoxJob, now: float) -> JsonObject:
        """Return the poll's answer with the faults of shape that were asked for."""
        status, error = "PENDING", job.failure(now)
        answer: JsonObject = {}
        if error is not None:
            status = "ERROR"
            answer["errorMessage"] = error
        elif job.finished(now):
            status = "COMPLETED"
            segments = self.transcript(job).segments
            if self.faults.take("read", "empty_transcript", job=job.id):
                segments = []
            if self.faults.take("read", "out_of_order", job=job.id):
                segments = segments[::-1]
            answer["transcription"] = self._segments(segments, self.settings.poll_speaker, "{}")
            if self.settings.vtt:
                answer["vttTranscription"] = _web_vtt(segments)
            if self.faults.take("read", "no_text", job=job.id):
                answer["transcription"] = None
                answer.pop("vttTranscription", None)
            if self.faults.take("read", "missing_payload", job=job.id):
                answer = {}
        strange = self.faults.take("read", "unknown_status", job=job.id)
        if strange is not None:
            status = strange.text or "IN_REVIEW"
        if self.faults.take("read", "lower_case", job=job.id):
            status = status.lower()
        return {self.settings.status_field: status, **answer}

    @staticmethod
    def _segments(segments: list[Segment], speaker: str | None, form: str) -> list[JsonValue]:
        items: list[JsonValue] = []
        for segment in segments:
            item: JsonObject = {"text": segment.text, "start": segment.start, "end": segment.end}
            if speaker is not None:
                item[speaker] = form.format(segment.speaker)
            items.append(item)
        return items

    async def _summary(self, call: Call) -> web.Response:
        self._authorize(call, "CONSULTATION-SUMMARY")
        fields = frozenset({"transcript", "outputFormat", "outputLanguage"})
        body = await call.json(fields, fields)
        if not all(isinstance(value, str) and value for value in body.values()):
            raise self._invalid("every field must be a non-empty string", "bad-summary")
        if body["outputFormat"] not in ("SUMMARY", "SOAP_TEMPLATE"):
            raise self._invalid("outputFormat must be SUMMARY or SOAP_TEMPLATE", "bad-summary")
        words = str(body["transcript"]).split()
        summary = f"{ENGLISH.summary} ({len(words)} words, beginning: {' '.join(words[:4])})"
        note: JsonValue = summary
        if body["outputFormat"] == "SOAP_TEMPLATE":
            names = ("Subjective", "Objective", "Assessment", "Plan")
            note = {"fields": [{"name": name, "description": f"{name} part", "value": summary} for name in names]}
        return web.json_response({"clinicalNote": note, "generationTime": 0.42})

    # ---- callback

    def compose(self, job_id: str, variant: Variant) -> Message | None:
        """Return the callback of a job, signed in the format that is set."""
        settings, now = self.settings, self.clock.now()
        job = self.jobs.get(job_id) or InvoxJob(job_id, now, settings.plan)
        error = job.failure(now)
        if not job.callback_url and job_id in self.jobs:
            return None
        if variant == "normal" and error is not None and not settings.callback_on_error:
            return None
        form = "Speaker_{:02d}" if settings.callback_speaker == "speakerId" else "{}"
        items = self._segments(self.transcript(job).segments, settings.callback_speaker, form)
        body: JsonObject = {
            "requestId": self.new_id() if variant == "foreign" else job.id,
            "transcription": items if error is None else [],
            "createdAt": int(now) - (86_400 if variant == "stale" else 0),
            "signature": sign(f"{settings.app_id}~{settings.api_key}", settings.app_secret, settings.signature_format),
        }
        if error is not None:
            body |= {"status": "ERROR", "errorMessage": error}
        elif settings.callback_status is not None:
            body["status"] = settings.callback_status
        if variant == "forged":
            body["signature"] = sign(f"{settings.app_id}~guessed", "f" * 32, settings.signature_format)
        elif variant == "unsigned":
            del body["signature"]
        elif variant == "altered":
            body["transcription"] = [{"text": "Altered on the way", "start": 0, "end": 1}]
        raw = json.dumps(body, ensure_ascii=False).encode()
        if variant == "malformed":
            raw = raw[: len(raw) // 2]
        return Message(job.callback_url, {"Content-Type": "application/json"}, raw)


def _web_vtt(segments: list[Segment]) -> str:
    """Return the segments as WebVTT."""
    cues = [f"{cue_time(each.start)} --> {cue_time(each.end)}\n{each.text}\n" for each in segments]
    return "\n".join(["WEBVTT\n", *cues])


if __name__ == "__main__":
    main(InvoxSettings, lambda settings, host, port: InvoxSimulator(settings, host=host, port=port))
