"""What the providers behind an HTTP API share: identity, a result read by the poll, answers that refuse access."""

from collections.abc import Mapping

from bot.domain.errors import Misconfigured, MissingScope, Rejected, Transient
from bot.domain.job import RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Answer
from bot.ports.provider import Capabilities, Failed, PollResult, Succeeded
from bot.providers.json_fields import reason
from bot.providers.kind import ProviderContext


def titled(title: str, name: str) -> str:
    """How people see the account `name` of a service: "Xosum", and "Xosum 2" for the account "xosum2"."""
    number = name[len(name.rstrip("0123456789")) :]
    return f"{title} {number}" if number else title


class HttpProvider:
    """The base of an account of an HTTP API. `context.acquire` is awaited before each call to it."""

    def __init__(self, context: ProviderContext, capabilities: Capabilities) -> None:
        self._context = context
        self._http = context.http
        self._clock = context.clock
        self._acquire = context.acquire
        self._capabilities = capabilities

    @property
    def name(self) -> str:
        """The account's name in settings and rows."""
        return self._context.name

    @property
    def account(self) -> str:
        """Its lane and rate budget: one account, one key."""
        return self._context.name

    @property
    def title(self) -> str:
        """How people see it."""
        return self._capabilities.title

    def variable(self, *names: str) -> str:
        """The environment variables of the account's settings, as a list in words.

        "XOSUM2_API_KEY" for "API_KEY" of the account "xosum2"; "XOSUM2_PER_MINUTE and XOSUM2_BURST" for two.
        """
        *first, last = [f"{self._context.name.upper()}_{name}" for name in names]
        return f"{', '.join(first)} and {last}" if first else last

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """The state of the remote job."""
        raise NotImplementedError

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        """The result, by the same call as `poll`."""
        match await self.poll(remote, client_ref):
            case Succeeded(Transcript() as transcript):
                return transcript
            case Failed(problem, detail):
                raise Rejected(problem, detail)
            case _:
                raise Transient(f"{self.name}: the result is not ready")

    async def enrich(self, transcript: Transcript) -> Transcript:
        """The same transcript: nothing is added."""
        return transcript

    async def cancel(self, remote: RemoteJob) -> None:
        """Nothing: the API has no such call."""

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: object = None,
        *,
        repeatable: bool = True,
        timeout: float = 30.0,
        retry_default: float = 5.0,
    ) -> Answer:
        """One call of the account's rate budget, with `body` as JSON. As `Http.call`."""
        return await self._http.call(
            self.account,
            method,
            url,
            headers=headers,
            json=body,
            timeout=timeout,
            repeatable=repeatable,
            acquire=self._acquire,
            retry_default=retry_default,
        )

    def judged(self, answer: Answer, unauthorized: str, forbidden: str, base_setting: str) -> Answer:
        """The answer, unless it refuses access or redirects.

        Raises `Misconfigured` with `unauthorized` (401) or the advice to check `base_setting` (3xx), and `MissingScope`
        with `forbidden` (403).
        """
        if answer.status == 401:
            raise Misconfigured(self.account, f"{answer.source}: status 401: {unauthorized}")
        if answer.status == 403:
            raise MissingScope(self.account, f"{answer.source}: status 403: {forbidden}: {reason(answer)}")
        if 300 <= answer.status < 400:
            raise Misconfigured(self.account, f"{answer.source}: redirected elsewhere: check {base_setting}")
        return answer
