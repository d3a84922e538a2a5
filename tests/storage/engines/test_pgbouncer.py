"""A real PgBouncer in transaction mode between the bot and PostgreSQL, where it is installed."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import pytest

from bot.domain.errors import StoreError
from bot.ports.provider import Pace
from storage import open_store
from tests.storage.samples import NOW, done, submitting

CLIENTS, SERVERS = 40, 3  # connections that are offered, and those that they share


@pytest.fixture
def pooled(postgres_url: str, server: Path) -> Iterator[str]:
    """The URL of the same database behind PgBouncer, without what tells the bot about it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer left out: it is not installed here")
    home = Path(mkdtemp(prefix="pgb"))
    root = os.geteuid() == 0
    (home / "users.txt").write_text('"postgres" ""\n')
    (home / "pgbouncer.ini").write_text(
        f"""[databases]
* = host={server}
[pgbouncer]
unix_socket_dir = {home}
listen_port = 6432
auth_type = trust
auth_file = {home}/users.txt
pool_mode = transaction
max_client_conn = {CLIENTS}
default_pool_size = {SERVERS}
logfile = {home}/log
"""
    )
    if root:  # it refuses to run as root
        shutil.chown(home, "postgres")
        for path in home.iterdir():
            shutil.chown(path, "postgres")
    bouncer = subprocess.Popen(
        [program, home / "pgbouncer.ini"],
        user="postgres" if root else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (home / ".s.PGSQL.6432").exists():
            assert bouncer.poll() is None, (home / "log").read_text()
            time.sleep(0.02)
        yield f"postgresql://postgres@{urlsplit(postgres_url).path}?host={home}&port=6432"
    finally:
        bouncer.terminate()
        bouncer.wait()
        shutil.rmtree(home)


async def test_several_processes_work_through_few_connections_of_the_server(pooled: str) -> None:
    stores = [await open_store(f"{pooled}&pgbouncer=transaction") for _ in range(3)]
    try:
        ids = {(await submitting(stores[number % 3], user=f"U{number % 4}")).id for number in range(30)}
        got: list[str] = []

        async def worker(number: int) -> None:
            store = stores[number % 3]
            while (job := await store.claim("xosum", (0, 1, 2), NOW, 60)) is not None:
                await store.renew(job, NOW, 60)
                got.append(job.id)

        await asyncio.gather(*(worker(number) for number in range(9)))
        assert sorted(got) == sorted(ids)
        answers = await asyncio.gather(*(stores[number % 3].reserve("x", Pace(56, 4), NOW) for number in range(20)))
        assert sum(answer <= NOW for answer in answers) == 4
        ended = await done(stores[0])
        assert await stores[1].transcript(ended.id) == await stores[2].transcript(ended.id)
        await stores[1].rehearse_event(NOW)
        assert await stores[0].clock_offset(0.0) > 1e9
        assert await stores[2].purge(NOW + 1e7, 1) == 1
    finally:
        for store in stores:
            await store.close()


async def test_a_bot_that_is_not_told_of_it_says_what_to_add(pooled: str) -> None:
    with pytest.raises(StoreError, match="pgbouncer=transaction"):
        await open_store(pooled)
