"""One structured line per step: JSON for machines, colours on a terminal. Job ids, never content or secrets."""

import asyncio
import errno
import logging
import sys
from collections import Counter

import structlog

from bot.domain.job import SLACK_LANE, State
from bot.engine.events import (
    AccountBroke,
    AccountRecovered,
    ClockSet,
    EngineEvent,
    StepEnded,
    StepFailed,
    StoreFailed,
    SummaryFailed,
)

_SLACK_STATES = frozenset({State.RECEIVED, State.REPLYING})
_LIBRARIES = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp.access", "aiosqlite", "asyncio")


def configure(level: str) -> None:
    """Set the process's logging up once; libraries speak at warning and above."""
    on_terminal = sys.stderr.isatty()
    numeric = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not on_terminal),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.setLevel(numeric)  # a logger with a level of its own is held to it too
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(numeric)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        cache_logger_on_first_use=False,
    )


ACCEPT_FAILURES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
ACCEPT_SECONDS = 60.0  # asyncio tries again at once and for as long as it takes


def report_loop_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log what the event loop reports; that no connection can be accepted (no descriptors left) once a minute only."""
    said_at = -ACCEPT_SECONDS

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        nonlocal said_at
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in ACCEPT_FAILURES and "socket" in context):
            loop.default_exception_handler(context)
        elif loop.time() - said_at >= ACCEPT_SECONDS:
            said_at = loop.time()
            structlog.get_logger("threadscribe").error("accept_failed", detail=str(error))

    loop.set_exception_handler(handle)


PASSING = frozenset({"Transient", "RateLimited", "Ambiguous"})
TROUBLE_AFTER = 3  # failures of a lane in a row


class LogWatch:
    """Writes the engine's events.

    A store, an account or a lane that fails is reported once, and once when it works again; a step that will be tried
    again is a line like any other, so that an hour without a provider is not an hour of warnings.
    """

    def __init__(self) -> None:
        self._log = structlog.get_logger("threadscribe")
        self._store_down = False
        self._failures: Counter[str] = Counter()  # of each lane, since its last success

    def __call__(self, event: EngineEvent) -> None:
        """Write one line."""
        match event:
            case StepEnded(job, source, seconds, cause):
                if self._store_down:
                    self._store_down = False
                    self._log.info("store recovered")
                if source != job.state or not job.attempts:
                    self._well(SLACK_LANE if source in _SLACK_STATES else job.account)
                if source != job.state:
                    self._log.info(
                        "step",
                        job=job.id,
                        was=source.value,
                        now=job.state.value,
                        provider=job.provider,
                        took=round(seconds, 3),
                        cause=cause,
                    )
            case StepFailed(job, seconds, kind, detail, bug):
                self._log.log(
                    logging.INFO if kind in PASSING else logging.ERROR if bug else logging.WARNING,
                    "step failed",
                    job=job.id,
                    state=job.state.value,
                    provider=job.provider,
                    took=round(seconds, 3),
                    kind=kind,
                    detail=detail,
                    attempt=job.attempts + 1,
                    exc_info=bug,
                )
                if kind in PASSING:
                    self._failed(job.lane, detail)
            case SummaryFailed(job, detail):
                self._log.warning("no summary", job=job.id, provider=job.provider, detail=detail)
            case AccountBroke(account, detail):
                self._log.error("account broken", account=account, detail=detail)
            case AccountRecovered(account):
                self._log.info("account recovered", account=account)
            case ClockSet(by):
                self._log.warning("clock set", seconds=round(by))
            case StoreFailed(detail):
                if not self._store_down:
                    self._store_down = True
                    self._log.error("store failed", detail=detail)

    def _failed(self, lane: str, detail: str) -> None:
        self._failures[lane] += 1
        if self._failures[lane] == TROUBLE_AFTER:
            self._log.warning("trouble", lane=lane, detail=detail)

    def _well(self, lane: str) -> None:
        if self._failures.pop(lane, 0) >= TROUBLE_AFTER:
            self._log.info("trouble over", lane=lane)
