"""`python -m bench.processes.strangers PORT CONNECTIONS BODIES`: strangers at the HTTP port of a bot, for a while.

They know no secret and sit on loopback. Connections that say nothing whole are held until the bot closes them; bodies
of 16 MiB are sent five at a time. A line is printed when the first connections are there. It ends by itself after
`LONGEST` seconds.
"""

import asyncio
import contextlib
import sys
from dataclasses import dataclass

MIB = 1024 * 1024
BODY, AT_ONCE = 16 * MIB, 5
ADDRESSES = 4  # of the strangers, none of them Slack's or the provider's
FIRST = 100  # connections that are there when the line is printed
LONGEST = 180.0
PATHS = ("/slack/events", "/hooks/xosum/guess", "/hooks/local/guess", "/hooks/xosum")
HEAD = "POST {path} HTTP/1.1\r\nHost: bot\r\nContent-Length: {size}\r\nConnection: close\r\n"
SIGNED = "X-Slack-Signature: v0=" + "0" * 64 + "\r\nX-Slack-Request-Timestamp: 1\r\n\r\n"


@dataclass(slots=True)
class Strangers:
    """The attack on one port."""

    port: int
    connections: int
    bodies: int
    opened: int = 0

    async def attack(self) -> None:
        """Hold and send at once, until the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                holding = (self._hold() for _ in range(self.connections))
                await asyncio.gather(*holding, *(self._post(first) for first in range(AT_ONCE)))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.opened += 1
        if self.opened == min(FIRST, self.connections):
            print("there", flush=True)
        address = (f"127.0.0.{2 + self.opened % ADDRESSES}", 0)
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=address)

    async def _hold(self) -> None:
        with contextlib.suppress(OSError):
            reader, writer = await self._connect()
            writer.write(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-")
            await reader.read()  # until the bot closes it
            writer.close()

    async def _post(self, first: int) -> None:
        for number in range(first, self.bodies, AT_ONCE):
            head = HEAD.format(path=PATHS[number % len(PATHS)], size=BODY) + SIGNED
            with contextlib.suppress(OSError):
                reader, writer = await self._connect()
                writer.write(head.encode() + b'{"a":[')
                for _ in range(BODY // MIB):
                    writer.write(b"[]," * (MIB // 3))
                    await writer.drain()
                await reader.read()
                writer.close()


if __name__ == "__main__":
    port, connections, bodies = map(int, sys.argv[1:])
    asyncio.run(Strangers(port, connections, bodies).attack())
