"""The Nabla simulator's operations."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Unpack

from aiohttp import web
from pydantic import JsonValue

from simulators.nabla.assertion import ASSERTION_TYPE, TokenEndpoint, key_pair
from simulators.nabla.download import Downloader, DownloadError, Fetch, UnfitUrlError, check_url
from simulators.nabla.note import note, note_fields
from simulators.nabla.settings import (
    LANGUAGES,
    LAST_OLD_VERSION,
    VERSION_HEADER,
    VERSION_QUERY,
    VERSIONS,
    NablaSettings,
)
from simulators.nabla.webhook import webhook
from simulators.provider.call import Call, JsonObject
from simulators.provider.faults import Kind
from simulators.provider.jobs import Job, Variant
from simulators.provider.refusal import RefusalError
from simulators.provider.results import Segment, Transcript
from simulators.provider.server import ProviderSimulator
from simulators.provider.state import Place
from simulators.provider.webhooks.delivery import Message

BASE: Final = "/v1/core/server"
OLD_BASE: Final = "/v1/copilot-api/server"
_REQUEST_ID_LIMIT: Final = 128
_SPEAKERS: Final = ("DOCTOR", "PATIENT")


@dataclass(slots=True)
class NablaJob(Job):
    """An async request."""

    speech_locale: str = "ENGLISH_US"
    file_url: str = ""
    split_by_sentence: bool = False
    client_request_id: str | None = None


class NablaSimulator(ProviderSimulator[NablaSettings, NablaJob]):
    """Nabla Core on a loopback port. Operations: `token`, `create`, `read`, `note`.

    `private_key` is the client's PEM when the simulator made the pair, else empty.
    """

    name: ClassVar[str] = "nabla"
    operations: ClassVar[frozenset[str]] = frozenset({"token", "create", "read", "note", "webhook"})
    shapes: ClassVar[frozenset[Kind]] = frozenset(
        {
            *("failed", "unknown_status", "no_text", "empty_transcript", "lower_case", "upper_case"),
            *("old_names", "new_names", "out_of_order", "missing_payload"),
        }
    )

    def __init__(self, settings: NablaSettings | None = None, **place: Unpack[Place]) -> None:
        super().__init__(settings or NablaSettings(), **place)
        public_key, self.private_key = self.settings.public_key, ""
        if not public_key:
            self.private_key, public_key = key_pair()
        self._token_endpoint = TokenEndpoint(
            self.clock, lambda: self.settings, lambda: f"{self.base_url}/oauth/token", public_key
        )
        self._downloader = Downloader(self.clock.now)
        self._by_request_id: dict[str, str] = {}

    def add_routes(self) -> None:
        """Register the operations under the current and the old base."""
        self.route("POST", f"{BASE}/oauth/token", "token", self._token)
        for base in (BASE, OLD_BASE):
            self.route("POST", f"{base}/transcribe-async", "create", self._create)
            self.route("GET", f"{base}/transcribe-async/{{id}}", "read", self._read)
            self.route("POST", f"{base}/generate-note", "note", self._note)

    @property
    def base_url(self) -> str:
        """The base of the current API."""
        return self.url + BASE

    @property
    def fetches(self) -> list[Fetch]:
        """Every request that was made for a `file_url`."""
        return self._downloader.fetches

    def environment(self) -> dict[str, str]:
        """Return the bot's settings for this simulator."""
        return {
            "PROVIDER": "nabla",
            "NABLA_BASE_URL": self.base_url,
            "NABLA_CLIENT_ID": self.settings.client_id,
            "NABLA_PRIVATE_KEY": self.private_key,
            "NABLA_WEBHOOK_SECRET": self.settings.webhook_secret,
        }

    def error_body(self, refusal: RefusalError) -> JsonObject:
        """Return Nabla's error body."""
        return {
            "message": str(refusal),
            "name": refusal.name or f"HTTP_{refusal.status}",
            "code": refusal.code or refusal.status * 100,
        }

    def transcript(self, job: NablaJob) -> Transcript:
        """Return the job's result, split when that was asked for."""
        language = LANGUAGES.get(job.speech_locale.split("_")[0], "en")
        result = self.result_in(language, job)
        return result.by_sentence() if job.split_by_sentence else result

    def revoke_tokens(self) -> None:
        """End the life of all access tokens."""
        self._token_endpoint.revoke()

    def job_named(self, call: Call, body: bytes) -> str | None:
        """Return the job in the path."""
        return call.request.match_info.get("id")

    def reset(self) -> None:
        """Forget jobs and records."""
        super().reset()
        self.fetches.clear()
        self._by_request_id.clear()

    # ---- operations

    async def _token(self, call: Call) -> web.Response:
        fields = frozenset({"grant_type", "client_assertion_type", "client_assertion"})
        body = await call.json(fields, fields)
        if body["grant_type"] != "client_credentials" or body["client_assertion_type"] != ASSERTION_TYPE:
            raise RefusalError(400, "Unsupported grant", name="UNSUPPORTED_GRANT", violation="bad-grant")
        token, life = self._token_endpoint.grant(str(body["client_assertion"]))
        return web.json_response({"access_token": token, "expires_in": life})

    def _authorize(self, call: Call) -> str:
        """Admit a call and return the API version that it asks for."""
        token = call.bearer()
        if call.request.path.startswith(OLD_BASE):
            if not hmac.compare_digest(token.encode(), self.settings.server_api_key.encode()):
                raise RefusalError(401, "Invalid API key", name="INVALID_TOKEN")
        else:
            self._token_endpoint.admit(token)
        if call.operation not in self.settings.permissions:
            raise RefusalError(403, f"This client may not {call.operation}", name="FORBIDDEN")
        return self._version(call)

    def _version(self, call: Call) -> str:
        headers, query = call.request.headers, call.request.query
        if VERSION_QUERY in headers:
            call.breach("misnamed-version-header", f"{VERSION_QUERY} is a query parameter, not a header")
        version = headers.get(VERSION_HEADER) or query.get(VERSION_QUERY)
        if version is None:
            words = f"{VERSION_HEADER} missing"
            if self.settings.require_version:
                raise RefusalError(400, words, name="MISSING_API_VERSION", violation="missing-version")
            call.breach("missing-version", words)
            return self.settings.pinned_version
        if version not in VERSIONS:
            raise RefusalError(400, "Unknown API version", name="UNKNOWN_API_VERSION", violation="unknown-version")
        if version in self.settings.retired_versions:
            raise RefusalError(400, "Retired API version", name="RETIRED_API_VERSION")
        return version

    async def _create(self, call: Call) -> web.Response:
        version = self._authorize(call)
        allowed = frozenset({"speech_locale", "file_url", "split_by_sentence", "client_request_id"})
        job, is_new = self._accepted(await call.json(allowed, frozenset({"speech_locale", "file_url"})))
        call.record.job = job.id
        if is_new:
            early = job.plan.webhook == "early"
            if early and job.plan.seconds is None:
                job.plan.seconds = 0.0
            if early or self.settings.create_waits:
                await self._process(job)
            else:
                self.run_in_background(self._process(job))
            if early:
                await self.webhooks.send(job.id)
        return web.json_response(self._rendered(job, version, "create"))

    def _accepted(self, body: JsonObject) -> tuple[NablaJob, bool]:
        """Return the job that a create asks for, and whether it is a new one."""
        locale, url, request_id = body["speech_locale"], body["file_url"], body.get("client_request_id")
        split = body.get("split_by_sentence", False)
        if not isinstance(locale, str) or locale not in self.settings.speech_locales:
            raise _bad(f"speech_locale {locale!r} is not supported", "bad-locale")
        if not isinstance(split, bool) or not isinstance(url, str):
            raise _bad("split_by_sentence is a boolean, file_url a string", "bad-create")
        if request_id is not None and not (isinstance(request_id, str) and 0 < len(request_id) <= _REQUEST_ID_LIMIT):
            raise _bad(f"client_request_id has 1 to {_REQUEST_ID_LIMIT} characters", "bad-request-id")
        try:
            check_url(url)
        except UnfitUrlError as error:
            raise _bad(str(error), error.kind) from None
        if request_id is not None and request_id in self._by_request_id:
            if self.settings.repeated_request != "same":
                status = 409 if self.settings.repeated_request == "conflict" else 422
                raise RefusalError(status, "client_request_id was used before", name="DUPLICATE_REQUEST")
            return self.jobs[self._by_request_id[request_id]], False
        job = NablaJob(
            id=self.new_id(),
            created_at=self.clock.now(),
            plan=self.next_plan(),
            speech_locale=locale,
            file_url=url,
            split_by_sentence=split,
            client_request_id=request_id,
        )
        self.jobs[job.id] = job
        if request_id is not None:
            self._by_request_id[request_id] = job.id
        return job, True

    async def _process(self, job: NablaJob) -> None:
        """Download the recording and begin, or fail the job and say so."""
        settings = self.settings
        try:
            content = await self._downloader.fetch(job.id, job.file_url, settings.download, settings.download_spacing)
        except UnfitUrlError as error:
            self.ledger.breach(self.clock.now(), error.kind, "download", str(error))
            self._fail(job, str(error))
            return
        except DownloadError as error:
            self._fail(job, str(error))
            return
        job.content = content
        if content.leaked_token:
            self.ledger.breach(self.clock.now(), "slack-token", "download", "a Slack token in the recording")
        if content.container == "unknown":
            self.ledger.breach(self.clock.now(), "not-audio", "download", "the bytes are no audio")
            self._fail(job, "The file is not a supported audio file")
        elif content.seconds > settings.audio_limit:
            self._fail(job, f"The audio is longer than {settings.audio_limit / 60:.0f} minutes")
        else:
            self.begin(job, content)

    def _fail(self, job: NablaJob, words: str) -> None:
        job.fail(words)
        if job.plan.webhook != "never":
            self.webhooks.schedule(job.id, self.clock.now())

    async def _read(self, call: Call) -> web.Response:
        version = self._authorize(call)
        job = self.find(call, call.request.match_info["id"], "Async request not found", "NOT_FOUND")
        now, retention = self.clock.now(), self.settings.retention
        if retention is not None and job.finishes_at is not None and now > job.finishes_at + retention:
            raise RefusalError(404, "Async request not found", name="NOT_FOUND")
        failing = self.faults.take("read", "failed", job=job.id)
        if failing is not None:
            job.fail(failing.text or job.plan.error)
        return web.json_response(self._rendered(job, version, "read"))

    async def _note(self, call: Call) -> web.Response:
        version = self._authorize(call)
        required = frozenset({"transcript_items", "note_locale"})
        body = await call.json(note_fields(version), required)
        return web.json_response(note(body, version, self.settings.note_min_words))

    # ---- the async request object

    def _rendered(self, job: NablaJob, version: str, operation: str) -> JsonObject:
        """Return the async request object as `operation` gives it, with the faults of shape that were asked for."""

        def asked(kind: Kind) -> bool:
            return self.faults.take(operation, kind, job=job.id) is not None

        now = self.clock.now()
        old = (version <= LAST_OLD_VERSION or asked("old_names")) and not asked("new_names")
        lower = (version <= LAST_OLD_VERSION or asked("lower_case")) and not asked("upper_case")
        status = "ONGOING"
        payload: JsonObject | None = None
        failure = job.failure(now)
        if failure is not None:
            status, payload = "FAILED", {self.settings.failure_code_name: 422, "message": failure}
        elif job.finished(now):
            status, payload = "SUCCEEDED", self._payload(job, old, lower, asked)
        strange = self.faults.take(operation, "unknown_status", job=job.id)
        if strange is not None:
            status = strange.text or "IN_REVIEW"
        rendered: JsonObject = {"id": job.id, "status": status.lower() if lower else status}
        if job.client_request_id is not None:
            rendered["client_request_id"] = job.client_request_id
        if payload is not None and not asked("missing_payload"):
            rendered["payload"] = payload
        return rendered

    def _payload(self, job: NablaJob, old: bool, lower: bool, asked: Callable[[Kind], bool]) -> JsonObject:
        segments = self.transcript(job).segments
        items: list[JsonValue] = [_item(segment, old, lower) for segment in segments]
        if asked("out_of_order"):
            items.reverse()
        if asked("empty_transcript"):
            items = []
        return {} if asked("no_text") else {"transcript": items}

    def compose(self, job_id: str, variant: Variant) -> Message | None:
        """Return the webhook about a job; `foreign` is about one of another account."""
        settings = self.settings
        if not settings.webhook_url:
            return None
        job = self.jobs.get(job_id)
        if job is None or variant == "foreign":
            other = self.new_id() if job else job_id
            job = NablaJob(other, self.clock.now(), settings.plan, client_request_id=self.new_id())
            job.finishes_at = self.clock.now()
        return webhook(settings, self._rendered(job, settings.pinned_version, "webhook"), variant, self.clock.now())


def _item(segment: Segment, old: bool, lower: bool) -> JsonValue:
    speaker = _SPEAKERS[segment.speaker] if segment.speaker < len(_SPEAKERS) else "UNSPECIFIED"
    start, end = round(segment.start * 1000), round(segment.end * 1000)
    speaker = speaker.lower() if lower else speaker
    if old:
        return {"text": segment.text, "speaker": speaker, "start_time_ms": start, "end_time_ms": end}
    return {"text": segment.text, "speaker_type": speaker, "start_offset_ms": start, "end_offset_ms": end}


def _bad(words: str, violation: str) -> RefusalError:
    return RefusalError(400, words, name="BAD_REQUEST", violation=violation)
