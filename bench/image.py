"""`python -m bench.image`: what the image would hold, installed into an empty directory and started.

For machines without a container runtime. The steps of the Dockerfile's first stage run as they are written, with the
directory as their root; what they install is then run as the second stage says: its environment, another user where
we are root, its health check. It must pass `doctor`, transcribe a sample and stop; nothing of the tests may be there.
Installing takes some minutes and fetches every package of the lock.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator

TOP = Path(__file__).parents[1]
SAMPLE = TOP / "simulators" / "samples"
ABSENT = (
    *("pytest", "_pytest", "hypothesis", "playwright", "mypy", "ruff", "xdist", "jiwer", "importlinter", "uv"),
    *("simulators", "tests", "bench"),
)
UID = 10_001
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a Dockerfile and what follows it, on one line."""

    name: str
    rest: str


def stages(text: str) -> list[list[Step]]:
    """The instructions of each stage, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[list[Step]] = []
    for line in re.sub(r"\\\n\s*", " ", lines).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            if name == "FROM":
                found.append([])
            found[-1].append(Step(name, rest.strip()))
    return found


def interpreter() -> Path:
    """A Python 3.11 with its venv module, if possible one that other users may run."""
    own = Path(sys.base_prefix) / "bin" / "python3.11"
    for found in (Path("/usr/local/bin/python3.11"), Path("/usr/bin/python3.11")):
        if found.exists() and not subprocess.run([found, "-c", "import ensurepip, venv"], check=False).returncode:
            return found
    return own


def may_be_run_by_others(path: Path) -> bool:
    """Whether every directory above the file lets everybody through."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def build(steps: list[Step], root: Path) -> None:
    """Run the first stage with `root` in the place of /. Raises `CalledProcessError`."""
    programs = root / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(interpreter())
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(root)}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HTTP", "SSL_"))}
    directory = root
    for step in steps:
        rest = step.rest.replace("/opt/", f"{root}/opt/")
        if step.name == "WORKDIR":
            directory = Path(rest)
            directory.mkdir(parents=True, exist_ok=True)
        elif step.name == "COPY":
            *sources, _ = shlex.split(rest)
            for source in sources:
                _copy(TOP / source, directory / source)
        elif step.name == "RUN":
            print(f"    {step.rest[:110]}")
            subprocess.run(["sh", "-ec", rest], cwd=directory, env=environment, check=True, stdout=subprocess.DEVNULL)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def environment_of(steps: list[Step], root: Path) -> dict[str, str]:
    """The second stage's environment, with `root` in the place of /."""
    found: dict[str, str] = {}
    for step in steps:
        if step.name == "ENV":
            for pair in shlex.split(step.rest):
                name, _, value = pair.partition("=")
                value = value.replace("$PATH", "/usr/bin:/bin")
                found[name] = re.sub(r"(?<![\w.])/(opt|data)\b", rf"{root}/\1", value)
    return found


def command_of(steps: list[Step], name: str) -> list[str]:
    """The words of CMD or HEALTHCHECK."""
    (rest,) = [step.rest for step in steps if step.name == name]
    words: list[str] = json.loads(rest[rest.index("[") :])
    return words


def present(python: Path) -> list[str]:
    """Which of `ABSENT` can be imported all the same."""
    asked = f"import importlib.util as u; print([n for n in {ABSENT!r} if u.find_spec(n)])"
    done = subprocess.run([python, "-P", "-c", asked], cwd="/", capture_output=True, text=True, check=True)
    return [str(name) for name in json.loads(done.stdout.replace("'", '"'))]


async def run(root: Path, last: list[Step]) -> list[str]:
    """Doctor, serve, health check, one recording, stop; a line for each that fails."""
    python = root / "opt" / "threadscribe" / "bin" / "python"
    user = UID if os.geteuid() == 0 and may_be_run_by_others(python) else None
    if user is None:
        print("    run as the present user: we are not root, or only root may run this Python")
    data = root / "data"
    data.mkdir()
    if user is not None:
        os.chown(data, UID, UID)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    faults: list[str] = []
    async with SlackSimulator(with_manifest(Options(), TOP / "manifest.yml")) as slack:
        environment = environment_of(last, root) | {
            "HOME": str(data),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "ADMIN_PORT": "0",
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
        }

        async def start(*words: str) -> asyncio.subprocess.Process:
            found = shutil.which(words[0], path=environment["PATH"])
            if found is None:
                raise FileNotFoundError(words[0])
            return await asyncio.create_subprocess_exec(
                found, *words[1:], env=environment, cwd=data, user=user, group=user
            )

        doctor = await start("threadscribe", "doctor")
        if code := await asyncio.wait_for(doctor.wait(), SECONDS):
            faults.append(f"doctor ended with {code}")
        serve = await start(*command_of(last, "CMD"))
        try:
            async with asyncio.timeout(SECONDS):
                while not slack.sockets.online:  # noqa: ASYNC110  # it is another process that connects
                    await asyncio.sleep(0.1)
            health = await start(*command_of(last, "HEALTHCHECK"))
            if code := await asyncio.wait_for(health.wait(), SECONDS):
                faults.append(f"the health check ended with {code}")
            sample = next(SAMPLE.glob("*.wav"), None) or next(SAMPLE.glob("*.m*"))
            message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload(sample.name, sample.read_bytes()))

            def answered() -> bool:
                return any(
                    "threadscribe_reply" in str(each.metadata) for each in slack.replies(message.channel, message.ts)
                )

            await slack.until(answered, SECONDS)
            said = " ".join(str(each.blocks) for each in slack.replies(message.channel, message.ts))
            print(f"    the sample was answered with {len(said)} characters of blocks")
        except TimeoutError:
            faults.append("it did not connect, or did not answer")
        finally:
            serve.send_signal(signal.SIGTERM)
            if code := await asyncio.wait_for(serve.wait(), 30):
                faults.append(f"serve ended with {code}")
    return faults


def main() -> int:
    """0 when all holds."""
    first, last = stages((TOP / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="image-") as place:
        root = Path(place)
        root.chmod(0o755)
        build(first, root)
        python = root / "opt" / "threadscribe" / "bin" / "python"
        faults = [f"{name} can be imported" for name in present(python)]
        faults += asyncio.run(run(root, last))
    for fault in faults:
        print(f"FAULT {fault}")
    print("The image's steps install what runs, and it runs." if not faults else f"{len(faults)} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
