"""A machine without free descriptors: said once, not 190,000 times."""

import asyncio
import errno

from structlog.testing import capture_logs

from bot.logs import report_loop_errors


async def test_that_nothing_can_be_accepted_is_logged_once_a_minute() -> None:
    loop = asyncio.get_running_loop()
    report_loop_errors(loop)
    full = {"message": "any", "exception": OSError(errno.EMFILE, "too many open files"), "socket": object()}
    with capture_logs() as logs:
        for _ in range(1000):
            loop.call_exception_handler(dict(full))
    assert [log["event"] for log in logs] == ["accept_failed"]
    loop.set_exception_handler(None)
