"""Wrong settings, files and arguments: one sentence each, exit code 2 (or 1), never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.checks import doctor
from bot.cli.checks.doctor import mark_of
from bot.configuration import load_settings, no_env_file, unknown_variables
from bot.ports.provider import Finding
from bot.settings import COMMON, Settings, SettingsError


def faults_of(load: Callable[[], Settings]) -> list[str]:
    """The faults of settings that are refused; anything but a `SettingsError` is raised."""
    try:
        load()
    except SettingsError as error:
        return error.faults
    return []


VARIABLES = [name.upper() for section in COMMON for name in section.model_fields]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"SLACK_BOT_TOKEN=caf\xe9\n", "not UTF-8"),
        ("PORT=1\n".encode("utf-16"), "not UTF-8"),
        (b"PORT=3000\nthis is no setting at all = =\n\xf0\x9f'broken\n", "not UTF-8"),
        (b"PORT=3000\n'unclosed\n", "line 2: it must be NAME=value"),
    ],
)
def test_a_broken_env_file_is_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        load_settings({}, str(file))


def test_a_value_of_the_wrong_kind_is_a_plain_sentence() -> None:
    given = {"RETENTION_DAYS": "ten", "PORT": "70000", "POLL_MIN_SECONDS": "soon", "SPOOL_SHARED": "perhaps"}
    assert sorted(faults_of(lambda: load_settings({**given, "ROLE": "boss"}, None))) == [
        "POLL_MIN_SECONDS: must be a number.",
        "PORT: must be less than or equal to 65535.",
        "RETENTION_DAYS: must be a whole number.",
        "ROLE: must be 'all', 'web' or 'worker'.",
        "SPOOL_SHARED: must be true or false.",
    ]


def test_tokens_in_each_others_place_are_one_fault() -> None:
    found = load_settings({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}, None)
    assert found.slack_faults() == [
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: xoxb-… is the bot token, xapp-… the app-level one."
    ]


def test_a_missing_env_file_is_named_where_tokens_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nothing = load_settings({}, None)
    assert no_env_file(nothing) == [f"there is no .env in {tmp_path}, so only the environment counts"]
    assert no_env_file(load_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, None)) == []
    (tmp_path / ".env").touch()
    assert no_env_file(nothing) == []


def test_an_env_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, str(tmp_path / ".env"))


def test_dollars_in_a_secret_stay(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_SIGNING_SECRET=a${HOME}b\nPUBLIC_URL=https://x.example  # ours\n")
    found = load_settings({}, str(tmp_path / ".env"))
    assert found.slack_signing_secret.get_secret_value() == "a${HOME}b"
    assert found.public_url == "https://x.example"


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfPORT=4000\r\nexport HOST='::1'\r\n")
    found = load_settings({}, str(tmp_path / ".env"))
    assert (found.port, found.host) == (4000, "::1")


def test_a_misspelt_variable_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKN=x\nXOSUM_APIKEY=y\nUNRELATED=1\nOPENAI2_MODELL=z\n")
    said = unknown_variables({"LOCAL_MODLE": "base", "PATH": "/bin"}, str(tmp_path / ".env"))
    assert "SLACK_BOT_TOKN is not a setting; did you mean SLACK_BOT_TOKEN?" in said
    assert "XOSUM_APIKEY is not a setting; did you mean XOSUM_API_KEY?" in said
    assert "LOCAL_MODLE is not a setting; did you mean LOCAL_MODEL?" in said
    assert not any("UNRELATED" in sentence or "PATH" in sentence for sentence in said)


def test_a_hint_is_not_said_to_be_ok() -> None:
    marks = [
        mark_of(Finding(ok, "Settings", "x", hint=hint)) for ok, hint in ((True, False), (True, True), (False, False))
    ]
    assert [mark.split("]")[1][:3] for mark in marks] == ["ok ", "see", "BAD"]


def test_every_known_variable_is_no_surprise(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(f"{name}=1\n{name}_FILE=x\n" for name in VARIABLES))
    assert unknown_variables({}, str(tmp_path / ".env")) == []


@given(st.dictionaries(st.sampled_from(VARIABLES), st.text(st.characters(exclude_characters="\0")), max_size=4))
def test_no_value_of_a_setting_is_a_traceback(given_: dict[str, str]) -> None:
    faults = faults_of(lambda: load_settings(given_, None))
    assert all(fault and "\n" not in fault for fault in faults)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_env_file_is_a_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "env"
    file.write_bytes(content)
    assert all(faults_of(lambda: load_settings({}, str(file))))


@pytest.mark.parametrize(
    "arguments",
    [
        ["try", "nowhere.mp3"],
        ["try", "--provider", "nobody"],
        ["try", "--port", "99999"],
        ["transcribe", "nowhere.mp3"],
        ["manifest", "--format", "toml"],
        ["restore", "nowhere.db"],
        ["jobs", "--limit", "0"],
        ["jobs", "--state", "happy"],
        ["purge", "--older-than-days", "-1"],
        ["export", "--to", "x", "--since", "yesterday"],
        ["nothing"],
    ],
)
def test_a_wrong_argument_is_a_sentence(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


UNUSABLE = {
    "long name": f"sqlite:///{'x' * 300}.db",
    "a circle of links": "sqlite:///circle/x.db",
    "no folder": "sqlite:///file/x.db",
    "a folder": "sqlite:///folder",
    "zero character": "sqlite:///a%00b.db",
}


@pytest.mark.parametrize("url", UNUSABLE.values(), ids=UNUSABLE.keys())
@pytest.mark.parametrize(
    "arguments",
    [
        ["jobs"],
        ["backup", "copy.db"],
        ["restore", "copy.db"],
        ["rekey", "--plain", "--yes"],
        ["migrate-store", "--to", "sqlite:///new.db"],
    ],
    ids=lambda arguments: str(arguments[0]),
)
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")  # a traceback beside the sentence
def test_a_database_that_cannot_be_there_is_a_sentence(
    arguments: list[str], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "folder").mkdir()
    for name in ("file", "copy.db" if arguments[0] == "restore" else "other"):
        (tmp_path / name).write_text("words")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, 2)
    assert done.output.startswith("threadscribe: ")
    assert "Traceback" not in done.output


@pytest.mark.parametrize("url", UNUSABLE.values(), ids=UNUSABLE.keys())
async def test_doctor_names_a_database_that_cannot_be_there(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (found,) = await doctor._database(Settings(database_url=url))
    assert not found.ok, found.detail


def test_each_command_says_what_it_does_in_a_short_line() -> None:
    help_ = CliRunner().invoke(app, ["-h"]).output
    lines = [line for line in help_.split("Commands:")[1].splitlines() if line.strip()]
    assert len(lines) >= 14
    for line in lines:
        said = line.strip().split(None, 1)[1]
        assert said.endswith(".")
        assert len(said) <= 50, said
