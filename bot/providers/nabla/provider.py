"""Nabla Core: no upload, it downloads from us; then its webhook as a wake-up, or a poll; a clinical note on request."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from bot.domain.errors import Ambiguous, Misconfigured, Problem, ProblemCode, Rejected, Transient, WebhookRefused
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Answer
from bot.ports.audio import InputLimits, Payload, Progress
from bot.ports.provider import (
    Capabilities,
    Finding,
    Pending,
    PollResult,
    TranscriptionRequest,
    WebhookEvent,
    WebhookRequest,
)
from bot.providers.findings import try_credentials, webhook_finding
from bot.providers.http_provider import HttpProvider, titled
from bot.providers.json_fields import number, reason, reference, refusal, text, unknown
from bot.providers.kind import ProviderContext
from bot.providers.nabla.assertion import TYPE, sign_assertion
from bot.providers.nabla.locales import LANGUAGES, locale_of, note_locale_of
from bot.providers.nabla.results import TITLE, is_too_short, note_items, read_note, read_standing
from bot.providers.nabla.settings import NablaSettings
from bot.providers.nabla.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, is_genuine, read_news
from bot.providers.recent import Recent
from bot.providers.summaries import Summaries
from bot.providers.token import Token, TokenCache
from bot.providers.webhook_address import webhook_token

MAX_SECONDS = 3600.0
RENEW_EARLY = 60.0
NOTE_TIMEOUT = 120.0
NOTE_TEMPLATE_KEY_SINCE = "2026-06-12"  # API version from which the field has this name
AUDIO = frozenset(
    {"audio/mpeg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/flac", "audio/ogg", "audio/webm", "audio/aac"}
)


class NablaProvider(HttpProvider):
    """An OAuth client of a Nabla organisation: audio of up to an hour, which Nabla downloads; speakers and times.

    A `RemoteJob` here has no upload URL, but the speech locale, which no answer repeats and which the transcript's
    language and the note depend on.
    """

    def __init__(self, settings: NablaSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._base = settings.base_url or f"https://{settings.region}.api.nabla.com/v1/core/server"
        self._secret = settings.webhook_secret.get_secret_value()
        self._tokens = TokenCache(context.clock, self._new_token, RENEW_EARLY)
        self._sent: Recent[bool] = Recent()  # client references whose create may have been received
        self._ids: Recent[str] = Recent()  # client reference -> id
        capabilities = Capabilities(
            title=titled(TITLE, context.name),
            accepts=InputLimits(mimes=AUDIO, max_seconds=MAX_SECONDS),
            gives_speakers=True,
            gives_times=True,
            languages=LANGUAGES,
            default_options=Options(language=settings.speech_locale),
            needs_public_url=True,
            fetches_audio=True,
            pushes=bool(context.public_url and self._secret),
            poll_seconds=(10.0, 60.0),
            latency=(10.0, 0.3),
        )
        super().__init__(context, capabilities)
        self._summaries = Summaries(settings.note, context)

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Order the transcription; repeats carry the same `client_request_id`, so at most one job comes of them.

        When Nabla says that the job exists and not under which id, `RemoteJob.ref` is the client reference until
        the webhook, which echoes it, tells the id.
        """
        if not order.audio_url:
            raise Rejected(Problem(ProblemCode.NEEDS_PUBLIC_URL, {"provider": self.title}))
        locale = self._locale(order)
        remote = RemoteJob(
            order.client_ref,
            expires_at=self._clock.now() + self._settings.audio_url_minutes * 60,
            locale=locale,
        )
        body = {
            "speech_locale": locale,
            "file_url": order.audio_url,
            "split_by_sentence": self._settings.split_by_sentence,
            "client_request_id": order.client_ref,
        }
        try:
            answer = await self._call("POST", self._settings.transcribe_path, body, repeatable=False)
            ref = reference(answer.json_object(), "id") if answer.ok else ""
        except Ambiguous:
            self._sent.put(order.client_ref, True)
            raise
        if answer.ok and not ref:
            self._sent.put(order.client_ref, True)
            raise Ambiguous(f"{answer.source}: answer without an id")
        repeated = order.client_ref in self._sent or "client_request_id" in reason(answer)  # another process may have
        if answer.status == 409 or (answer.status == 422 and repeated):
            ref = reference(answer.json_or_none() or {}, "id") or self._ids.get(order.client_ref) or ""
        elif not answer.ok:
            raise refusal(answer, self.title)
        if not ref:
            return remote
        self._ids.put(order.client_ref, ref)
        return replace(remote, ref=ref)

    def _locale(self, order: TranscriptionRequest) -> str:
        wanted = order.options.language or self._settings.speech_locale
        if (locale := locale_of(wanted)) is None:
            raise Rejected(Problem(ProblemCode.LANGUAGE_UNSUPPORTED, {"provider": self.title, "language": wanted}))
        return locale

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """Nothing: Nabla downloads from `TranscriptionRequest.audio_url`."""

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """Read the async object; a job whose id is not known yet waits for its webhook."""
        ref = remote.ref if remote.ref != client_ref else self._ids.get(client_ref)
        if ref is None:
            return Pending()
        answer = await self._call("GET", f"{self._settings.transcribe_path}/{quote(ref, safe='')}")
        if not answer.ok:
            return unknown(answer, self.title)
        return read_standing(answer.json_object(), remote.locale, answer.source, self.title)

    async def enrich(self, transcript: Transcript) -> Transcript:
        """Title and sections of a clinical note, where it is wanted, may be asked for, and the locale has one."""
        locale = note_locale_of(transcript.language)
        if not self._summaries.wanted or locale is None or transcript.is_empty:
            return transcript
        body: dict[str, object] = {"transcript_items": note_items(transcript), "note_locale": locale}
        if self._settings.note_template:
            renamed = self._settings.api_version >= NOTE_TEMPLATE_KEY_SINCE
            body["note_template_key" if renamed else "note_template"] = self._settings.note_template
        answer = await self._summaries.ask(
            lambda: self._call("POST", "/generate-note", body, repeatable=False, timeout=NOTE_TIMEOUT)
        )
        if answer is None or is_too_short(answer.json_or_none() or {}):
            return transcript
        if not answer.ok:
            raise refusal(answer, self.title)
        title, summary = read_note(answer.json_object())
        return replace(transcript, title=title or transcript.title, summary=summary or transcript.summary)

    def webhook_token(self) -> str:
        """Derived from NABLA_WEBHOOK_SECRET."""
        return webhook_token(self.name, self._secret)

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """Believe raw bytes with one of our signatures and a near timestamp; a genuine but strange body is ignored."""
        if not is_genuine(
            request.body,
            request.headers.get(TIMESTAMP_HEADER, ""),
            request.headers.get(SIGNATURE_HEADER, ""),
            self._secret,
            self._clock.now(),
            self._settings.webhook_age_seconds,
        ):
            raise WebhookRefused(401, "signature")
        news = read_news(request.body)
        if news.ref and news.client_ref:
            self._ids.put(news.client_ref, news.ref)
        return news

    def parse_pushed(self, result: bytes) -> Transcript | None:
        """None: the webhook only wakes, the result is read by GET; but it may tell an id that no create answered."""
        news = read_news(result)
        if news.ref and news.client_ref:
            self._ids.put(news.client_ref, news.ref)
        return None

    async def check(self) -> Sequence[Finding]:
        """Exchange an assertion for a token, and look at PUBLIC_URL; nothing is created or billed."""
        remedy = f"Check {self.variable('CLIENT_ID', 'PRIVATE_KEY', 'REGION')}, and this machine's clock."
        findings = await try_credentials(self.title, self._fetch_token, self._clock, remedy)
        public = self._context.public_url
        ok = public.startswith("https://") or bool(public and self._base.startswith("http://"))
        audio = Finding(
            ok,
            f"{self.title}: audio address",
            public or "PUBLIC_URL is not set",
            ""
            if ok
            else "Nabla downloads the audio from this bot: set PUBLIC_URL to an https address that reaches it.",
        )
        return [
            *findings,
            audio,
            webhook_finding(self.title, self.variable("WEBHOOK_SECRET"), self._secret, public, self.name),
        ]

    async def _new_token(self) -> Token:
        answer = await self._fetch_token()
        found = answer.json_or_none() or {}
        value, life = text(found, "access_token"), number(found, "expires_in")
        if not value or life is None or life <= 0:
            raise Transient(f"{answer.source}: answer without access_token or expires_in")
        return Token(value, life)

    async def _fetch_token(self) -> Answer:
        settings = self._settings
        url = f"{self._base}/oauth/token"
        key = settings.private_key.get_secret_value()
        now, life, key_id = self._clock.now(), settings.assertion_seconds, settings.key_id
        try:
            assertion = await asyncio.to_thread(sign_assertion, key, settings.client_id, url, now, life, key_id)
        except ValueError:
            advice = f"{self.variable('PRIVATE_KEY')} is not an RSA private key in PEM form"
            raise Misconfigured(self.account, advice) from None  # the cause may quote the key
        body = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
        try:
            # An assertion is good once, so the transport must not repeat it; the next call signs another.
            answer = await self.request("POST", url, {}, body, repeatable=False)
        except Ambiguous as lost:
            raise Transient(lost.detail) from lost
        if not answer.ok:
            advice = f"check {self.variable('CLIENT_ID', 'PRIVATE_KEY', 'REGION')}, and the clock"
            raise Misconfigured(self.account, f"{answer.source}: token refused with status {answer.status}: {advice}")
        return answer

    async def _call(
        self, method: str, path: str, body: object = None, *, repeatable: bool = True, timeout: float = 30.0
    ) -> Answer:
        async def send(token: str) -> Answer:
            headers = {
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "X-Nabla-Api-Version": self._settings.api_version,
            }
            url = f"{self._base}{path}"
            return await self.request(method, url, headers, body, repeatable=repeatable, timeout=timeout)

        answer = await self._tokens.call(send)
        refused, lacks = "a fresh token is refused: check the OAuth client", "the OAuth client lacks this permission"
        return self.judged(answer, refused, lacks, self.variable("BASE_URL"))
