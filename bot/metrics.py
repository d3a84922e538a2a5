"""What the operator can measure: Prometheus series, one registry for each running bot. No content, no names."""

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.job import SLACK_LANE
from bot.engine.events import AccountBroke, AccountRecovered, EngineEvent, StepEnded, StepFailed, StoreFailed

LAG_PROBE_SECONDS = 0.05
_STEP_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800)


class Metrics:
    """The series, and a `watch` that feeds them from the engine's events."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.jobs = Gauge("threadscribe_jobs", "Jobs by state", ["state"], registry=r)
        self.oldest = Gauge("threadscribe_oldest_unfinished_seconds", "Age of the oldest unfinished job", registry=r)
        self.steps = Histogram(
            "threadscribe_step_seconds", "Duration of steps", ["state", "provider"], buckets=_STEP_BUCKETS, registry=r
        )
        self.failures = Counter(
            "threadscribe_step_failures", "Steps that did not succeed", ["state", "provider", "kind"], registry=r
        )
        self.rate_limited = Counter("threadscribe_rate_limited", "Answers 429", ["lane"], registry=r)
        self.budget_spent = Counter("threadscribe_budget_spent", "Calls taken from a budget", ["account"], registry=r)
        self.budget_waited = Counter(
            "threadscribe_budget_refused",
            "Times that a call found its budget spent",
            ["account"],
            registry=r,
        )
        self.replies = Counter(
            "threadscribe_replies", "Replies by how they came to be: posted, adopted, healed", ["how"], registry=r
        )
        self.hooks_refused = Counter(
            "threadscribe_hooks_refused", "Webhooks and requests refused", ["route", "reason"], registry=r
        )
        self.account_up = Gauge("threadscribe_account_up", "1 while an account works", ["account"], registry=r)
        self.store_failures = Counter("threadscribe_store_failures", "Refused reads and writes", registry=r)
        self.loop_lag = Gauge("threadscribe_loop_lag_seconds", "Longest stall of the last minute", registry=r)
        self._budgets: dict[str, tuple[int, int]] = {}

    def watch(self, event: EngineEvent) -> None:
        """Count what the engine reports."""
        match event:
            case StepEnded(job, source, seconds, _):
                self.steps.labels(source.value, job.provider).observe(seconds)
            case StepFailed(job, _, kind, _, _):
                self.failures.labels(job.state.value, job.provider, kind).inc()
                if kind == "RateLimited" and job.lane != SLACK_LANE:  # Slack's client counts its own
                    self.rate_limited.labels(job.lane).inc()
            case AccountBroke(account, _):
                self.account_up.labels(account).set(0)
            case AccountRecovered(account):
                self.account_up.labels(account).set(1)
            case StoreFailed():
                self.store_failures.inc()

    def slack_limited(self) -> None:
        """Slack answered 429."""
        self.rate_limited.labels(SLACK_LANE).inc()

    def replied(self, how: str) -> None:
        """A reply is there: `posted`, `adopted` after a doubtful post, or `healed` of an extra one."""
        self.replies.labels(how).inc()

    def budget(self, account: str, spent: int, waited: int) -> None:
        """What a budget has counted since the start."""
        before = self._budgets.get(account, (0, 0))
        self.budget_spent.labels(account).inc(spent - before[0])
        self.budget_waited.labels(account).inc(waited - before[1])
        self._budgets[account] = (spent, waited)

    def refused(self, route: str, reason: str) -> None:
        """A webhook or a request was refused."""
        self.hooks_refused.labels(route, reason).inc()

    async def measure_lag(self) -> None:
        """Keep the longest stall of the event loop in the last minute, until cancelled."""
        loop = asyncio.get_running_loop()
        worst, since = 0.0, loop.time()
        while True:
            asked = loop.time()
            await asyncio.sleep(LAG_PROBE_SECONDS)
            worst = max(worst, loop.time() - asked - LAG_PROBE_SECONDS)
            self.loop_lag.set(worst)
            if loop.time() - since > 60:
                worst, since = 0.0, loop.time()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
