"""The server: one request is one transcription, charged in the ledger before it is answered."""

import asyncio
import hashlib
import json
import math
import secrets
from dataclasses import dataclass
from email.utils import formatdate
from typing import ClassVar, Final

from aiohttp import web

from simulators.openai import answers, rules
from simulators.openai.audio import Sound, measure
from simulators.openai.form import Form, read_form
from simulators.openai.settings import OpenAISettings
from simulators.openai.speech import Utterance, doubtful, scripted
from simulators.provider.call import Call, JsonObject
from simulators.provider.faults import Kind
from simulators.provider.jobs import Job, Variant
from simulators.provider.ledger import Billed
from simulators.provider.refusal import CutError, RefusalError
from simulators.provider.results import Segment, Transcript
from simulators.provider.server import ProviderSimulator
from simulators.provider.uploads.media import Content
from simulators.provider.webhooks.delivery import Message

HOUR: Final = 3600.0
_TOO_LARGE_PAGE: Final = "<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>"


@dataclass(slots=True)
class OpenAIJob(Job):
    """One request that was transcribed; `form` are its text fields."""

    form: dict[str, list[str]] | None = None


class OpenAISimulator(ProviderSimulator[OpenAISettings, OpenAIJob]):
    """An OpenAI-compatible server on a loopback port. Operations: `transcribe`, `models`."""

    name: ClassVar[str] = "openai"
    operations: ClassVar[frozenset[str]] = frozenset({"transcribe", "models"})
    shapes: ClassVar[frozenset[Kind]] = frozenset(
        {
            *("error_body", "insufficient_quota", "audio_seconds", "page_too_large"),
            *("duration_text", "missing_fields", "no_segments", "no_text", "plain_text", "invented", "looped"),
        }
    )

    # ---- what the frame asks for

    def add_routes(self) -> None:
        """Register the operations at the dialect's addresses."""
        facts = self.settings.facts
        base = self._base()
        path = "/v1/audio/transcriptions" if self.settings.long_path else facts.path
        self.route("POST", base + path, "transcribe", self._transcribe)
        self.route("GET", base + "/models", "models", self._models, counted=False)
        self._seen_models: set[str] = set()

    def environment(self) -> dict[str, str]:
        """Return the bot's settings for this simulator."""
        settings = self.settings
        query = f"api-version={settings.api_version}" if settings.dialect == "azure" else ""
        known = {
            "PROVIDER": "openai",
            "OPENAI_BASE_URL": self.url + self._base() + (f"?{query}" if query else ""),
            "OPENAI_MODEL": settings.model,
            "OPENAI_DIALECT": settings.dialect,
        }
        return known | ({"OPENAI_API_KEY": settings.api_key} if settings.api_key else {})

    def error_body(self, refusal: RefusalError) -> JsonObject:
        """Return the dialect's error body; `name` of a refusal is its code, `type=` of it in front of a colon."""
        words, code = str(refusal), refusal.name or None
        match self.settings.facts.errors:
            case "azure":
                return {"error": {"code": code or str(refusal.status), "message": words}}
            case "fastapi":
                return {"detail": words}
            case "text":
                return {"error": words}
        kind = {401: "invalid_request_error", 403: "invalid_request_error", 429: "requests"}.get(refusal.status)
        if code == "insufficient_quota":
            kind = code
        return {
            "error": {"message": words, "type": kind or "invalid_request_error", "param": None, "code": code},
        }

    def compose(self, job_id: str, variant: Variant) -> Message | None:
        """Return nothing: no such server has webhooks."""
        return None

    def transcript(self, job: OpenAIJob) -> Transcript:
        """Return what was heard in a request."""
        content = job.content
        said = scripted(content.sha256, content.seconds, self.settings.language) if content else []
        segments = [Segment(text=one.text, speaker=one.voice, start=one.start, end=one.end) for one in said]
        return Transcript(segments=segments, language=self.settings.language)

    # ---- operations

    def _base(self) -> str:
        return self.settings.facts.base.format(model=self.settings.model)

    def _authorize(self, call: Call) -> None:
        settings, headers = self.settings, call.request.headers
        wanted = settings.facts.key_header
        if not settings.api_key:
            for name in ("Authorization", "api-key"):
                if name in headers:
                    raise RefusalError(401, "Credentials at a server without any", violation="needless-credential")
            return
        if wanted == "Authorization":
            given = call.bearer()
        else:
            given = headers.get(wanted, "")
            if "Authorization" in headers or not given:
                raise RefusalError(401, "Access denied due to invalid subscription key", violation="missing-api-key")
        if not secrets.compare_digest(given.encode(), settings.api_key.encode()):
            words = f"Incorrect API key provided: {given[:3]}***. You can find your API key in the account settings."
            raise RefusalError(401, words, name="invalid_api_key")
        if settings.dialect == "azure" and call.request.query.get("api-version") != settings.api_version:
            raise RefusalError(404, "Resource not found", violation="bad-api-version", name="404")

    async def _models(self, call: Call) -> web.Response:
        self._authorize(call)
        settings = self.settings
        if not settings.facts.lists_models:
            raise RefusalError(404, "Resource not found", name="404")
        known = settings.installed_models if settings.installed_models is not None else settings.allowed_models
        names = known or (settings.model,)
        data: list[JsonObject] = [{"id": name, "object": "model", "owned_by": "simulator"} for name in names]
        return web.json_response({"object": "list", "data": data})

    async def _transcribe(self, call: Call) -> web.Response:
        self._authorize(call)
        if self.faults.take("transcribe", "page_too_large"):
            return web.Response(text=_TOO_LARGE_PAGE, status=413, content_type="text/html")
        if self.faults.take("transcribe", "cut_upload"):
            raise CutError
        try:
            return await self._answer_form(call)
        except RefusalError as refusal:
            status = self.settings.facts.error_status
            if status is not None and refusal.status in (400, 413, 422):
                refusal.status = status
            raise

    async def _answer_form(self, call: Call) -> web.Response:
        form = read_form(call.request.headers.get("Content-Type", ""), await call.request.read())
        model = rules.check_fields(self.settings, form, call.breach)
        if form.file is None:
            raise RefusalError(
                422 if self.settings.facts.errors == "fastapi" else 400, "Field required: file", violation="no-file"
            )
        rules.check_size(self.settings, form.file)
        sound = await asyncio.to_thread(measure, form.file.content)
        rules.check_file(self.settings, form.file, sound, model)
        wanted = rules.check_format(self.settings, form, model, sound)
        references = rules.check_speakers(self.settings, form, model)
        self._check_quota(sound)
        await self._load(model)
        result = await self._hear(form, sound, wanted, references)
        job = self._bill(call, form, form.file.content, sound)
        seconds = job.plan.seconds
        if seconds is None:
            seconds = self.settings.job_seconds + self.settings.seconds_per_audio_second * sound.seconds
        await asyncio.sleep(seconds)
        if job.plan.outcome == "failed":
            raise RefusalError(500, job.plan.error, name="server_error")
        return self._write(result, wanted, model)

    # ---- what is refused for money, or for a model that is not there

    def _check_quota(self, sound: Sound) -> None:
        settings, now = self.settings, self.clock.now()
        used = sum(entry.seconds for entry in self.ledger.billed)
        paid = settings.quota_seconds
        if self.faults.take("transcribe", "insufficient_quota") or (paid is not None and used + sound.seconds > paid):
            words = "You exceeded your current quota, please check your plan and billing details."
            raise RefusalError(429, words, name="insufficient_quota")
        limit = settings.audio_seconds_per_hour
        recent = [entry for entry in self.ledger.billed if entry.at > now - HOUR]
        spent = sum(entry.seconds for entry in recent)
        fault = self.faults.take("transcribe", "audio_seconds")
        if fault is None and (limit is None or spent + sound.seconds <= limit):
            return
        wait = fault.seconds if fault else (recent[0].at + HOUR - now if recent else HOUR)
        words = (
            f"Rate limit reached on seconds of audio per hour (ASPH): Limit {limit or 0:.0f}, Used {spent:.0f}, "
            f"Requested {sound.seconds:.0f}. Please try again in {wait:.0f}s."
        )
        form = (fault.retry_after if fault else None) or settings.retry_form
        headers = {
            "seconds": {"Retry-After": str(math.ceil(wait))},
            "date": {"Retry-After": formatdate(math.ceil(now + wait), usegmt=True)},
            "missing": {},
        }[form]
        raise RefusalError(429, words, name="rate_limit_exceeded", headers=headers)

    async def _load(self, model: str) -> None:
        """Have the model ready: the first call of one that is not installed downloads it or is refused."""
        settings = self.settings
        installed = settings.installed_models
        if installed is None or model in installed or model in self._seen_models:
            return
        if settings.absent_model == "refuse":
            words = f"Model '{model}' is not installed locally. You can download the model using `POST /v1/models`"
            raise RefusalError(404, words, name="model_not_found")
        await asyncio.sleep(settings.download_seconds)
        self._seen_models.add(model)

    # ---- what comes of it

    async def _hear(self, form: Form, sound: Sound, wanted: str, references: list[tuple[str, bytes]]) -> answers.Result:
        settings, file = self.settings, form.file
        content = file.content if file else b""
        asked = form.one("language")
        language = settings.language if asked in (None, "auto") else asked
        if settings.facts.assumes_english and asked is None:
            language = "en"
        names: dict[int, str] = {}
        said: list[Utterance]
        if settings.hears == "tones":
            from simulators.openai.tones import listened, recognised  # numpy comes with the local engine only

            said = await asyncio.to_thread(listened, content)
            known = await asyncio.to_thread(recognised, said, [one for _, one in references])
            names = {voice: references[index][0] for voice, index in known.items()}
        else:
            said = scripted(hashlib.sha256(content).hexdigest(), sound.seconds, language)
            names = {voice: name for voice, (name, _) in enumerate(references)}
        chosen = self.results.get(hashlib.sha256(content).hexdigest())
        if chosen is not None:
            said = [Utterance(one.text, one.start, one.end, one.speaker) for one in chosen.segments]
        for kind in ("invented", "looped"):
            if wanted == "verbose_json" and self.faults.take("transcribe", kind):
                said = doubtful(said, looped=kind == "looped")
        granularities = frozenset(form.many("timestamp_granularities[]"))
        return answers.Result(said, sound.seconds, language, granularities, tuple(names.items()))

    def _bill(self, call: Call, form: Form, content: bytes, sound: Sound) -> OpenAIJob:
        """Charge the request: from here on it has cost money, whether or not the client hears of it."""
        now = self.clock.now()
        digest = hashlib.sha256(content).hexdigest()
        job = OpenAIJob(self.new_id(), now, self.next_plan(), form=form.fields)
        job.content = Content(digest, len(content), sound.seconds, sound.container)
        job.started_at = job.finishes_at = now
        self.jobs[job.id] = job
        call.record.job = job.id
        seconds = max(self.settings.facts.minimum_billed, sound.seconds)
        self.ledger.bill(Billed(now, job.id, digest, seconds, len(content)))
        return job

    def _write(self, result: answers.Result, wanted: str, model: str) -> web.Response:
        facts, take = self.settings.facts, self.faults.take
        if take("transcribe", "error_body"):
            words = "Invalid or unsupported audio file."
            body = {"error": {"message": words, "type": "BadRequestError", "param": None, "code": 400}}
            return web.json_response(body)
        if wanted in ("text", "srt", "vtt"):
            return web.Response(text=answers.subtitles(result, wanted), content_type="text/plain")
        if take("transcribe", "plain_text"):
            return web.Response(text=result.text, content_type="text/plain")
        if wanted == "diarized_json":
            answer = answers.diarized(result)
        elif wanted == "verbose_json":
            answer = answers.verbose(result, facts)
            if take("transcribe", "duration_text"):
                answer["duration"] = str(answer["duration"])
            if take("transcribe", "no_segments"):
                del answer["segments"]
            if take("transcribe", "missing_fields"):
                answer = _thinned(answer)
        else:
            answer = answers.plain(result, facts, model)
        if take("transcribe", "no_text"):
            del answer["text"]
        return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="application/json")


def _thinned(answer: JsonObject) -> JsonObject:
    """Return the answer with all that may be missing left out: language, duration, and most fields of its segments."""
    segments = answer.get("segments")
    found = segments if isinstance(segments, list) else []
    kept = [{key: one[key] for key in ("start", "end", "text")} for one in found if isinstance(one, dict)]
    if kept:
        del kept[-1]["end"]
    return {"text": answer["text"], "segments": list(kept)}
