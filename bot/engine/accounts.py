"""Accounts that stopped working: parked once, probed, resumed when they work again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.errors import Misconfigured, StepError, StoreError
from bot.engine.events import AccountBroke, AccountRecovered, Watch
from bot.engine.ownership import Ownership
from bot.engine.wakeups import Wakeups
from bot.ports.clock import Clock
from bot.ports.provider import Provider
from bot.ports.store import JobStore
from bot.supervisor import Supervisor

PROBE_SECONDS = 60.0
LONGEST_PROBE_SECONDS = 960.0  # where a probe finds nothing wrong and the jobs do
RELAPSE_SECONDS = 600.0  # an account that breaks again so soon was not well

Probe = Callable[[], Awaitable[bool]]  # whether the account works; may raise `StepError`


@dataclass(slots=True)
class Accounts:
    """Remembers which accounts are broken, and asks each once a minute, or less often, until it works again."""

    store: JobStore
    clock: Clock
    probes: Mapping[str, Probe]
    watch: Watch
    wakeups: Wakeups
    supervisor: Supervisor
    others: Callable[[str], Awaitable[bool]] | None = None  # for accounts that come and go: those of workspaces
    _broken: set[str] = field(default_factory=set)
    _recovered: dict[str, tuple[float, float]] = field(default_factory=dict)  # when, after probes how far apart
    _ownership: Ownership = field(init=False)

    def __post_init__(self) -> None:
        """Take part in who probes."""
        self._ownership = Ownership(self.store, self.clock)

    @property
    def broken(self) -> tuple[str, ...]:
        """The accounts that wait for the operator."""
        return tuple(sorted(self._broken))

    def broke(self, error: Misconfigured) -> None:
        """Report it once and begin to probe."""
        account = error.account
        if account in self._broken:
            return
        self._broken.add(account)
        self.watch(AccountBroke(account, error.detail))
        pause = self._pause(account)
        self.supervisor.run(f"probe of {account}", lambda: self._probe(account, pause))

    def _pause(self, account: str) -> float:
        """Seconds between two probes. No harmless call shows, say, that one model may not be used, or that the storage
        refuses each upload: jobs that break the account again and again are tried less and less often."""
        at, pause = self._recovered.get(account, (-RELAPSE_SECONDS, 0.0))
        relapsed = 0 <= self.clock.now() - at < RELAPSE_SECONDS
        return min(2 * pause, LONGEST_PROBE_SECONDS) if relapsed else PROBE_SECONDS

    async def check(self, provider: Provider) -> None:
        """Ask a provider at start; what is wrong is reported before the first recording waits for it."""
        bad = [finding for finding in await provider.check() if not finding.ok]
        if bad:
            self.broke(Misconfigured(provider.account, "; ".join(f"{each.detail}: {each.remedy}" for each in bad)))

    async def resume_all(self) -> None:
        """At start: the operator may have fixed anything meanwhile. What is still wrong parks again."""
        for account in self.probes:
            await self.store.resume_parked(account, self.clock.now())

    async def _probe(self, account: str, pause: float) -> None:
        """Ask every `pause` seconds. Of several processes one asks; once it works, each of the others asks once."""
        try:
            while not await self._works_again(account, pause):
                pass
        finally:
            await self._ownership.give_back(f"probe {account}")
        self._broken.discard(account)
        self._recovered[account] = self.clock.now(), pause
        self.watch(AccountRecovered(account))
        self.wakeups.notify_all()

    async def _works_again(self, account: str, pause: float) -> bool:
        await self.clock.sleep(pause)
        try:
            if not await self._ownership.take(f"probe {account}"):
                return False
            if account in self.probes:
                works = await self.probes[account]()
            else:
                works = self.others is None or await self.others(account)
            if not works:
                return False
            await self.store.resume_parked(account, self.clock.now())
        except (StepError, StoreError):
            return False  # still broken, or not to be reached: ask again
        return True


def probe_of(provider: Provider) -> Probe:
    """Whether every check of this provider is well."""

    async def works() -> bool:
        return all(finding.ok for finding in await provider.check())

    return works
