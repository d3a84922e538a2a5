"""What a reader relies on: documented or failing."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from bot.cli import app
from bot.configuration import load_settings
from bot.settings import COMMON, Settings
from tests.house.settings_tables import TOP, env_example, sections, settings_page

README = (TOP / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
PENDING: set[str] = set()  # links whose file is not made yet; an entry leaves when its file comes
COMMANDS = typer.main.get_group(app).commands
LIMIT = 400  # lines of a module: what a person can hold in mind

# Put together here so that this file does not name what it forbids.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted", "org"), ("npmjs", "org"))]
OWN_MACHINE = re.compile(r"(?<![\w.$}])/(?:home|Users|root|work)/[\w.]")
SUPPRESSED = re.compile(r"#\s*(?:type:\s*ignore(?:\[[\w, -]*\])?|noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?)\s*$")


def tracked() -> list[Path]:
    """The project's files, as git knows them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := TOP / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """(name, content) of every tracked text file."""
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found.append((str(path.relative_to(TOP)), data.decode("utf-8", errors="replace")))
    return found


def test_every_setting_is_described() -> None:
    assert all(field.description for section in sections() for field in section.model_fields.values())


def test_every_common_setting_is_in_a_section() -> None:
    assert {name for section in COMMON for name in section.model_fields} == set(Settings.model_fields) - {"providers"}


def test_the_settings_page_has_every_setting_with_its_default() -> None:
    assert (TOP / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page(), "run: make docs"


def test_the_readme_can_be_read_in_five_minutes() -> None:
    assert len(README.split()) <= 1_000


def test_every_file_that_the_developers_page_names_is_there() -> None:
    page = (TOP / "docs" / "development.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|storage|tests|simulators|bench|docs)[\w/.]*)`", page)
    assert [name for name in named if not re.search(r"NAME|XX", name) and not (TOP / name).exists()] == []


def test_env_example_has_every_setting_with_its_default() -> None:
    assert (TOP / ".env.example").read_text(encoding="utf-8") == env_example(), "run: make docs"


def test_env_example_uncommented_means_the_defaults(tmp_path: Path) -> None:
    lines = re.sub(r"(?m)^#(?=[A-Z])", "", env_example())
    (tmp_path / "env").write_text(lines, encoding="utf-8")
    assert load_settings({}, str(tmp_path / "env")) == load_settings({}, None)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_page_has_every_command_and_option(name: str) -> None:
    page = (TOP / "docs" / "commands.md").read_text(encoding="utf-8")
    assert re.search(rf"`(?:threadscribe )?{name}\b", page), f"docs/commands.md says nothing of `{name}`"
    for parameter in COMMANDS[name].params:
        for option in [*parameter.opts, *parameter.secondary_opts]:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in page or f" {option}" in page, (
                    f"docs/commands.md says nothing of `{name} {option}`"
                )


def test_every_link_to_a_file_leads_somewhere() -> None:
    for name, text in texts():
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([^)#\s]+)", text):
                if not re.match(r"[a-z]+:", target) and target not in PENDING:
                    assert (TOP / name).parent.joinpath(target).exists(), f"{name} links to {target}"


def test_nothing_is_pending_that_is_there() -> None:
    assert [name for name in PENDING if (TOP / name).exists()] == []


def test_no_module_is_longer_than_a_person_can_hold() -> None:
    modules = re.compile(r"(bot|storage|simulators|tests|bench)/.*\.py$")
    long = {name: text.count("\n") for name, text in texts() if modules.match(name)}
    assert {name: lines for name, lines in long.items() if lines > LIMIT} == {}


def test_no_file_names_a_package_index_or_a_developers_machine() -> None:
    found = []
    for name, text in texts():
        found += [f"{name}: {host}" for host in REGISTRIES if host in text]
        found += [f"{name}: {match[0]}" for match in OWN_MACHINE.finditer(text)]
    assert found == []


def test_every_suppression_has_its_reason_beside_it() -> None:
    found = [
        f"{name}:{number}"
        for name, text in texts()
        if name.endswith(".py")
        for number, line in enumerate(text.splitlines(), 1)
        if SUPPRESSED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ("local", "postgres", "install")),
        ("requirements-test.lock", ("local", "postgres", "install", "test")),
    ],
)
def test_the_lock_holds_every_dependency_with_hashes(lock: str, extras: tuple[str, ...]) -> None:
    pins = pinned(lock)
    project = PROJECT["project"]
    wanted = project["dependencies"] + [entry for extra in extras for entry in project["optional-dependencies"][extra]]
    for requirement in map(Requirement, wanted):
        versions = pins.get(requirement.name.lower().replace("_", "-"), [])
        assert any(requirement.specifier.contains(version) for version in versions), f"{requirement}: run: make lock"


def test_what_tests_have_is_what_runs_and_no_test_tool_runs() -> None:
    runs, tests = pinned("requirements.lock"), pinned("requirements-test.lock")
    assert {name: tests.get(name) for name in runs} == runs
    assert not runs.keys() & {"pytest", "mypy", "ruff", "hypothesis", "playwright", "import-linter"}


def pinned(lock: str) -> dict[str, list[Version]]:
    """The versions of each package in a lock; each must have its hashes."""
    pins: dict[str, list[Version]] = {}
    text = (TOP / lock).read_text(encoding="utf-8")
    for pin in re.finditer(r"(?m)^([\w.-]+)==([\w.+]+)(.*(?:\n    .*)*)", text):
        pins.setdefault(pin[1].lower().replace("_", "-"), []).append(Version(pin[2]))
        assert "--hash=sha256:" in pin[3], pin[1]
    return pins


@pytest.mark.parametrize(
    ("rooms", "extras"),
    [
        (("bot", "storage", "simulators"), ("local", "postgres", "blobs")),
        (("tests", "bench"), ("local", "postgres", "test")),
    ],
)
def test_every_import_is_a_declared_dependency(rooms: tuple[str, ...], extras: tuple[str, ...]) -> None:
    project = PROJECT["project"]
    wanted = project["dependencies"] + [entry for extra in extras for entry in project["optional-dependencies"][extra]]
    declared = {_plain(Requirement(entry).name) for entry in wanted}
    providers = packages_distributions()
    undeclared = {
        f"{name}: {module}"
        for name, text in texts()
        if name.endswith(".py") and name.startswith(tuple(f"{room}/" for room in rooms))
        for module in _imported(text) - {"bot", "storage", "simulators", "tests", "bench"} - sys.stdlib_module_names
        if not declared & {_plain(distribution) for distribution in providers.get(module, [])}
    }
    assert undeclared == set()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(source: str) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {PROJECT['project']['version']}" in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_scope_of_the_manifest_is_explained() -> None:
    manifest = yaml.safe_load((TOP / "manifest.yml").read_text(encoding="utf-8"))
    guide = (TOP / "docs" / "connect-a-workspace.md").read_text(encoding="utf-8")
    table = guide.split("## What each permission is for")[1].split("\n## ")[0]
    explained = {scope for row in re.findall(r"(?m)^\| (`.*?) \|", table) for scope in re.findall(r"`(.*?)`", row)}
    assert explained == set(manifest["oauth_config"]["scopes"]["bot"])
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/transcribe"]
    assert manifest["features"]["shortcuts"][0]["name"] in README


def test_the_procfile_and_the_image_start_the_script_that_is_installed() -> None:
    script = next(iter(PROJECT["project"]["scripts"]))
    assert f"{script} serve" in (TOP / "Procfile").read_text(encoding="utf-8")
    assert f'CMD ["{script}", "serve"]' in (TOP / "Dockerfile").read_text(encoding="utf-8")
    assert "/healthz" in (TOP / "Dockerfile").read_text(encoding="utf-8")
