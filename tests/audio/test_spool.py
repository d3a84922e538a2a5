"""What a killed process leaves in the spool goes at the next start; what a neighbour works on stays."""

import asyncio
import sys
from pathlib import Path

from bot.audio.preparer import AudioPreparer
from bot.audio.spool import Spool

_HOLDER = """
import asyncio, sys
from pathlib import Path
from bot.audio.spool import Spool

async def main():
    async with Spool(Path(sys.argv[1])).folder("job", 10) as folder:
        (folder / "source").write_bytes(b"speech")
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_the_leavings_of_a_killed_process_are_swept_and_a_living_ones_work_is_not(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    holders = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLDER, str(spool), stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    for holder in holders:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
    holders[0].kill()
    await holders[0].wait()
    assert len(list(spool.glob("run-*/job-*/source"))) == 2
    assert await AudioPreparer(spool).sweep() == 1
    assert len(list(spool.glob("run-*/job-*/source"))) == 1
    assert await AudioPreparer(spool).sweep() == 0
    holders[1].kill()
    await holders[1].wait()
    assert await AudioPreparer(spool).sweep() == 1
    assert not list(spool.glob("run-*"))


async def test_bytes_are_promised_only_until_the_payload_is_written(tmp_path: Path) -> None:
    """A hosted recording stays on the disk for hours; what it did not need is free for others meanwhile."""
    spool = Spool(tmp_path)
    async with spool.folder("held", 10**9) as folder:
        (folder / "payload.mp3").write_bytes(b"x" * 1000)
        assert sum(spool._held.values()) == 10**9
        spool.written(folder)
        assert sum(spool._held.values()) == 1000
    assert spool._held == {}
