"""The long form (`test_long.py`, and what is marked slow) runs only where it is asked for: `pytest tests/crash`."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = ["test_long.py"]


def _asked_for(config: pytest.Config) -> bool:
    named = [Path(str(argument).partition("::")[0]).resolve() for argument in config.invocation_params.args]
    return any(path == HERE or HERE in path.parents for path in named)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the long form out of `make test`."""
    return True if collection_path.name in LONG and not _asked_for(config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The same for single slow tests of this directory."""
    if _asked_for(config):
        return
    slow = [item for item in items if HERE in item.path.parents and item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


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
