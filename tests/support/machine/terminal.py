"""A command of the bot at a terminal, where it may ask."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.machine.bot_process import base_environment


async def at_a_terminal(
    directory: Path, environment: Mapping[str, str], typed: str, *arguments: str
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command whose standard input is a terminal."""
    ours, theirs = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            cwd=directory,
            env={**base_environment(directory), **environment},
            stdin=theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        os.write(ours, f"{typed}\n".encode())
        out, err = await process.communicate()
    finally:
        os.close(ours)
        os.close(theirs)
    return await process.wait(), out.decode(), err.decode()
