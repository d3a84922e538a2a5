"""One structured line per step: JSON for machines, colours on a terminal. Job ids, never content or secrets."""

import logging
import sys

import structlog

from bot.engine.happenings import (
    AccountBroke,
    AccountRecovered,
    ClockSet,
    Happening,
    StepEnded,
    StepFailed,
    StoreFailed,
)

_LIBRARIES = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp.access", "aiosqlite", "asyncio")


def configure(level: str, stream: object = None) -> None:
    """Set the process's logging up once; libraries speak at warning and above."""
    out = sys.stderr if stream is None else stream
    on_terminal = bool(getattr(out, "isatty", lambda: False)())
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


class LogWatch:
    """Writes the engine's happenings; a store that fails is reported once, and once when it works again."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("threadscribe")
        self._store_down = False

    def __call__(self, happening: Happening) -> None:
        """Write one line."""
        match happening:
            case StepEnded(job, source, seconds, cause):
                if self._store_down:
                    self._store_down = False
                    self._log.info("store recovered")
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
                self._log.warning(
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
