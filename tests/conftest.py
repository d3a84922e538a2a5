"""What holds for all tests: the same properties in every run, their order, slow tests only when named."""

import gc
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.register_profile("thorough", settings.get_profile("house"), max_examples=500)
settings.load_profile("house")

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # the tests that load onnxruntime themselves report to nobody either

# A shell that runs the tests in the background ignores Ctrl-C, and every process they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
# Few files with long tests: a worker that began one of them at the end would keep the others waiting.
# Those of WAITING use the processor for a sixth of their time: each runs beside a long one.
LONG = ("several_processes", "acceptance", "crash", "engine_local", "browser", "model", "performance", "providers")
WAITING = ("slack", "storage")


def is_named(path: Path, config: pytest.Config) -> bool:
    """Whether the command line names this file, or a folder below `tests` that it lies in."""
    named = [Path(str(argument).partition("::")[0]).resolve() for argument in config.invocation_params.args]
    return any(TESTS in each.parents and (each == path or each in path.parents) for each in named)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without the garbage collector, which takes two of five seconds; what is collected stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out of `make test`; begin with the folders of long tests, a file of WAITING after each file."""
    slow = [item for item in items if item.get_closest_marker("slow") and not is_named(item.path, config)]
    items[:] = [item for item in items if item not in slow]
    if slow:
        config.hook.pytest_deselected(items=slow)
    order = {TESTS / folder: number for number, folder in enumerate(LONG)}
    waiting = {TESTS / folder for folder in WAITING}
    files = [(path, list(its)) for path, its in itertools.groupby(items, lambda item: item.path)]
    long = [file for file in files if order.keys() & set(file[0].parents)]
    long.sort(key=lambda file: next(order[each] for each in file[0].parents if each in order))
    beside = [file for file in files if waiting & set(file[0].parents)]
    mixed = [file for pair in itertools.zip_longest(long, beside) for file in pair if file is not None]
    rest = [file for file in files if file not in mixed]
    items[:] = [item for _, its in [*mixed, *rest] for item in its]
