"""Which of Slack's newer blocks this workspace takes, as far as we have seen.

Slack brings new blocks to workspaces bit by bit, and tells nobody which has what: it refuses the whole message or view
(`invalid_blocks`, `invalid_arguments`). So a newer block is tried; once Slack has refused it and has taken the same
content without it, it is left out for a day. This is kept in memory: after a restart one more message is refused.
"""

from enum import Enum

import structlog

from bot.ports.clock import Clock

ASK_AGAIN_SECONDS = 86_400.0

_log = structlog.get_logger(__name__)


class NewerBlock(Enum):
    """A block that not every workspace takes, and where we use it."""

    FOLDED_TRANSCRIPT = "container in a message"
    HOME_CHART = "data_visualization in App Home"


class BlockSupport:
    """What one workspace takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused_at: dict[NewerBlock, float] = {}

    def may_use(self, block: NewerBlock) -> bool:
        """Whether to try a block: Slack has not refused it within a day."""
        at = self._refused_at.get(block)
        return at is None or not 0 <= self._clock.now() - at < ASK_AGAIN_SECONDS

    def refused(self, block: NewerBlock) -> None:
        """Slack took the content only without this block."""
        self._refused_at[block] = self._clock.now()
        _log.info("newer_block_refused", block=block.value)
