"""The long form of the crash suite runs only where it is asked for by name: `pytest tests/crash`."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = ["test_long.py"]


def _asked_for(config: pytest.Config) -> bool:
    named = [Path(str(argument).partition("::")[0]).resolve() for argument in config.invocation_params.args]
    return any(path == HERE or path == HERE / name for path in named for name in LONG)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the long form out of `make test`."""
    return True if collection_path.name in LONG and not _asked_for(config) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the long form."""
    parser.addoption("--crash-seed", type=int, default=1, help="another seed: other instants, hits and orders")
    parser.addoption("--crash-report", default="build/crash.json", help="where the long form writes its figures")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the long form's table."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "crash table":
                terminalreporter.write_line(f"\n{text}")
