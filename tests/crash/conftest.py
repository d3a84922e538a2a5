"""The long form (`test_long.py`) runs only where it is asked for: `pytest tests/crash`."""

from pathlib import Path

import pytest

from tests.conftest import is_named

LONG = ["test_long.py"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the long form out of `make test`."""
    return True if collection_path.name in LONG and not is_named(collection_path, config) else None


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
