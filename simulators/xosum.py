"""Xosum simulated: create, presigned MP3 upload, poll, account-wide webhook with a secret in its body.

Source of every rule: the provider's API reference; what that leaves open is a setting here.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Literal, Unpack

from aiohttp import web
from pydantic import JsonValue

from simulators.provider.call import Call, JsonObject
from simulators.provider.faults import Kind
from simulators.provider.jobs import Job, Variant
from simulators.provider.program import main
from simulators.provider.refusal import RefusalError
from simulators.provider.results import Transcript
from simulators.provider.server import ProviderSimulator
from simulators.provider.settings import CommonSettings
from simulators.provider.state import Place
from simulators.provider.uploads.media import Content
from simulators.provider.uploads.presigned import ROUTE, PresignedStore
from simulators.provider.webhooks.delivery import Message

RATE_LIMIT = 60
UPLOAD_LIFE = 3600.0


class XosumSettings(CommonSettings):
    """What can be set on Xosum.

    `webhook_url` empty: the account has push off. `upload_types` are the `Content-Type`s the storage takes, None is an
    absent one. `refuse_media`: bytes that are not MP3 fail the job or already the PUT. `language` is ISO 639-1.
    """

    rate_limit: int | None = RATE_LIMIT
    api_key: str = "xosum-key-0001"
    webhook_url: str = ""
    webhook_secret: str = "xosum-webhook-secret"  # noqa: S105 - made up, guards nothing
    webhook_has_event_type: bool = True
    api_enabled: bool = True
    create_status: int = 200
    upload_life: float = UPLOAD_LIFE
    upload_types: tuple[str | None, ...] = ("audio/mpeg", None)
    refuse_media: Literal["job", "put"] = "job"
    stages: tuple[str, ...] = ("processing", "converting")
    language: str = "hy"


@dataclass(slots=True)
class XosumJob(Job):
    """A recording in the account."""

    type: str = "single_voice"
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    checklist: str | None = None


class XosumSimulator(ProviderSimulator[XosumSettings, XosumJob]):
    """Xosum on a loopback port. Operations: `create`, `upload`, `read`."""

    name: ClassVar[str] = "xosum"
    operations: ClassVar[frozenset[str]] = frozenset({"create", "upload", "read"})
    shapes: ClassVar[frozenset[Kind]] = frozenset(
        {"failed", "unknown_status", "no_text", "empty_transcript", "upper_case", "missing_payload", "cut_upload"}
    )

    def __init__(self, settings: XosumSettings | None = None, **place: Unpack[Place]) -> None:
        super().__init__(settings or XosumSettings(), **place)
        self._store = PresignedStore(self.clock, self.faults, lambda: self.url, self._uploaded)

    def add_routes(self) -> None:
        """Register the operations."""
        self.route("POST", "/api/createTranscription", "create", self._create)
        self.route("GET", "/api/getTranscription", "read", self._read)
        self.route("PUT", ROUTE, "upload", self._upload, counted=False)

    def environment(self) -> dict[str, str]:
        """Return the bot's settings for this simulator."""
        return {
            "PROVIDER": "xosum",
            "XOSUM_BASE_URL": self.url,
            "XOSUM_API_KEY": self.settings.api_key,
            "XOSUM_WEBHOOK_SECRET": self.settings.webhook_secret,
        }

    def error_body(self, refusal: RefusalError) -> JsonObject:
        """Return Xosum's error body."""
        return {"error": str(refusal)}

    def transcript(self, job: XosumJob) -> Transcript:
        """Return the job's result; before an upload it is made from the job's id."""
        return self.result_in(self.settings.language, job)

    def expire_upload(self, job_id: str | None = None) -> None:
        """End the life of one job's upload URL, or of all."""
        self._store.expire(job_id)

    def job_named(self, call: Call, body: bytes) -> str | None:
        """Return the job in the query or in the upload's path."""
        return call.request.query.get("docId") or self._store.job_at(call.request.path)

    # ---- operations

    def _authorize(self, call: Call) -> None:
        if not secrets.compare_digest(call.bearer(), self.settings.api_key):
            raise RefusalError(401, "Invalid API key")
        if not self.settings.api_enabled:
            raise RefusalError(403, "API access needs a Business plan")

    async def _create(self, call: Call) -> web.Response:
        self._authorize(call)
        body = await call.json(frozenset({"type", "metadata", "checklistId"}), frozenset({"type"}))
        kind, metadata, checklist = body["type"], body.get("metadata", {}), body.get("checklistId")
        if kind not in ("single_voice", "phone_call"):
            raise RefusalError(400, "type must be single_voice or phone_call", violation="bad-type")
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise RefusalError(400, "metadata must be an object of strings", violation="metadata-not-flat")
        if checklist is not None and not isinstance(checklist, str):
            raise RefusalError(400, "checklistId must be a string", violation="bad-checklist")
        job = XosumJob(
            self.new_id(), self.clock.now(), self.next_plan(), type=str(kind), metadata=metadata, checklist=checklist
        )
        self.jobs[job.id] = job
        call.record.job = job.id
        if job.plan.webhook == "early":
            await self.webhooks.send(job.id)
        upload_url = self._store.issue(job.id, self.settings.upload_life)
        return web.json_response({"docId": job.id, "uploadUrl": upload_url}, status=self.settings.create_status)

    async def _upload(self, call: Call) -> web.Response:
        sent = call.request.headers.get("Content-Type")
        if sent not in self.settings.upload_types:
            raise RefusalError(403, "Content-Type is not signed", violation="wrong-upload-type", detail=repr(sent))
        return await self._store.put(call)

    def _uploaded(self, job_id: str, content: Content) -> None:
        job = self.jobs[job_id]
        if content.container == "mp3":
            self.begin(job, content)
            if job.checklist is not None and job.finishes_at is not None:
                self.webhooks.schedule(job.id, job.finishes_at, "analysis")
            return
        words = f"Only MP3 is supported, got {content.container}"
        self.ledger.breach(self.clock.now(), "not-mp3", "upload", words)
        if self.settings.refuse_media == "put":
            raise RefusalError(400, words, name="InvalidMedia")
        job.content = content
        job.fail(words)

    async def _read(self, call: Call) -> web.Response:
        self._authorize(call)
        if list(call.request.query) != ["docId"]:
            raise RefusalError(400, "docId is the one parameter", violation="bad-query")
        job = self.find(call, call.request.query["docId"], "Document not found")
        now = self.clock.now()
        failing = self.faults.take("read", "failed", job=job.id)
        if failing is not None:
            job.fail(failing.text or job.plan.error)
        return web.json_response(self._shaped(job, self._document(job, now), now))

    def _document(self, job: XosumJob, now: float) -> JsonObject:
        document: JsonObject = {
            "docId": job.id,
            "status": self._status(job, now),
            "createdAt": datetime.fromtimestamp(job.created_at, UTC).isoformat().replace("+00:00", "Z"),
            "type": job.type,
            "duration": None,
            "metadata": job.metadata,
        }
        if document["status"] == "failed":
            document["error"] = job.failure(now)
        if document["status"] == "transcribed":
            document["duration"] = job.content.seconds if job.content else None
            document |= self._result(job)
        return document

    def _status(self, job: XosumJob, now: float) -> str:
        if job.failure(now) is not None:
            return "failed"
        if job.started_at is None:
            return "uploading"
        if job.finished(now):
            return "transcribed"
        stages = self.settings.stages
        return stages[min(int(job.progress(now) * len(stages)), len(stages) - 1)]

    def _result(self, job: XosumJob) -> JsonObject:
        result = self.transcript(job)
        text = result.labelled() if job.type == "phone_call" else result.text()
        return {
            "transcription": text,
            "title": result.title,
            "resolution": result.summary,
            "languageCode": result.language,
        }

    def _shaped(self, job: XosumJob, document: JsonObject, now: float) -> JsonObject:
        """Return the answer with the faults of shape that were asked for."""
        strange = self.faults.take("read", "unknown_status", job=job.id)
        if strange is not None:
            document = {**document, "status": strange.text or "awaiting_review"}
        if document["status"] == "transcribed":
            if self.faults.take("read", "no_text", job=job.id):
                document["transcription"] = None
            if self.faults.take("read", "empty_transcript", job=job.id):
                document["transcription"] = ""
            if self.faults.take("read", "missing_payload", job=job.id):
                kept = ("docId", "status", "createdAt", "metadata")
                document = {name: document[name] for name in kept}
        if self.faults.take("read", "upper_case", job=job.id):
            document["status"] = str(document["status"]).upper()
        return document

    # ---- webhook

    def compose(self, job_id: str, variant: Variant) -> Message | None:
        """Return `transcript_ready` (or, for `analysis`, `analysis_ready`) for the account's one URL."""
        settings = self.settings
        job = self.jobs.get(job_id)
        if not settings.webhook_url or (variant == "normal" and job is not None and job.failure(self.clock.now())):
            return None  # no webhook is sent for a failure
        if job is None or variant == "foreign":
            job = XosumJob(self.new_id() if job else job_id, self.clock.now(), self.settings.plan)
        body: JsonObject = {"secret": settings.webhook_secret, "docId": job.id, "metadata": job.metadata}
        link = f"{self.url}/recordings/{job.id}"
        if variant == "analysis":
            analysis = {"analysisId": self.new_id(), "checklistId": job.checklist, "checklistName": None}
            body |= {"event_type": "analysis_ready", **analysis, "results": {}, "link": link}
        else:
            body |= {"event_type": "transcript_ready", **self._result(job), "link": link}
            del body["languageCode"]
        if not settings.webhook_has_event_type:
            del body["event_type"]
        if variant == "forged":
            body["secret"] = secrets.token_hex(16)
        elif variant == "unsigned":
            del body["secret"]
        elif variant == "altered":
            body["transcription"] = "Altered on the way"
        raw = json.dumps(body, ensure_ascii=False).encode()
        if variant == "malformed":
            raw = raw[: len(raw) // 2]
        return Message(settings.webhook_url, {"Content-Type": "application/json"}, raw)


if __name__ == "__main__":
    main(XosumSettings, lambda settings, host, port: XosumSimulator(settings, host=host, port=port))
