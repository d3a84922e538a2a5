"""Loads the settings: the environment first, then `.env`; `X_FILE` names a file that holds the value of `X`."""

import difflib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from dotenv.parser import parse_stream
from pydantic import ValidationError

from bot.blobs import blob_faults
from bot.providers import TABLE
from bot.providers.kind import ProviderKind
from bot.settings import COMMON, ProviderSettings, Section, Settings, SettingsError

S = TypeVar("S", bound=Section)

_EXPECTED = {  # by pydantic's name of the fault
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
}
MOST_ACCOUNTS = 99  # of a kind that may be there several times: OPENAI_…, OPENAI2_…, … OPENAI99_…


def load_settings(environ: Mapping[str, str] | None = None, env_file: str | None = ".env") -> Settings:
    """The settings of this process. Raises `SettingsError` with a line for each variable that cannot be used."""
    given = _given(dict(os.environ if environ is None else environ), env_file)
    faults: list[str] = []
    common = {name: value for section in COMMON for name, value in _values(section, section.prefix, given, faults)}
    providers: dict[str, ProviderSettings] = {}
    for name, kind, prefix in accounts(given):
        section = _validated(kind.settings, prefix, dict(_values(kind.settings, prefix, given, faults)), faults)
        if isinstance(section, ProviderSettings) and section.configured:
            providers[name] = section
    settings = _validated(Settings, "", {**common, "providers": providers}, faults)
    if faults or settings is None:
        raise SettingsError(faults)
    return settings


def accounts(given: Mapping[str, str]) -> Iterator[tuple[str, ProviderKind, str]]:
    """(name of the account, its kind, the prefix of its variables): each kind once, some as often as they are set."""
    for kind in TABLE.values():
        yield kind.name, kind, kind.settings.prefix
        if kind.several:
            for number in range(2, MOST_ACCOUNTS + 1):
                prefix = f"{kind.settings.prefix.removesuffix('_')}{number}_"
                if any(variable.startswith(prefix) for variable in given):
                    yield f"{kind.name}{number}", kind, prefix


def kind_of(name: str) -> ProviderKind | None:
    """The kind of a provider account by the account's name ("openai2" is an "openai"); None for an unknown one."""
    return TABLE.get(name) or next((kind for kind in TABLE.values() if kind.several and _is_numbered(kind, name)), None)


def serve_faults(settings: Settings) -> list[str]:
    """What keeps `serve` from starting: one line each, naming the variable and what to do."""
    faults = settings.slack_faults()
    if settings.several_workspaces:
        if settings.sealing_key is None:
            faults.append("Set STORAGE_KEY: tokens of workspaces are stored sealed only (openssl rand -base64 32).")
        if not settings.public_url:
            faults.append("Set PUBLIC_URL: Slack sends the user who installs the app back to it.")
    if settings.provider not in settings.providers:
        if kind_of(settings.provider) is None:
            faults.append(f"PROVIDER is {settings.provider!r}: it must be one of {', '.join(TABLE)}.")
        else:
            faults.append(f"PROVIDER is {settings.provider}, but its credentials are missing: see docs/settings.md.")
    for section in settings.providers.values():
        faults += section.faults(settings.public_url)
    faults += blob_faults(settings)
    if settings.role != "all" and settings.alone:
        faults.append(
            f"ROLE is {settings.role}, but a SQLite file belongs to one process: set DATABASE_URL to PostgreSQL."
        )
    return faults


def no_env_file(settings: Settings, env_file: str = ".env") -> list[str]:
    """Said only where Slack's settings are missing: the command may have been started in another directory."""
    if Path(env_file).exists() or not settings.slack_faults():
        return []
    return [f"there is no {env_file} in {Path.cwd()}, so only the environment counts"]


def _is_numbered(kind: ProviderKind, name: str) -> bool:
    number = name.removeprefix(kind.name)
    return name.startswith(kind.name) and number.isdigit() and 2 <= int(number) <= MOST_ACCOUNTS


def unknown_variables(environ: Mapping[str, str] | None = None, env_file: str | None = ".env") -> list[str]:
    """A sentence for each variable that looks like a setting and is none: everything in `.env`, and our prefixes."""
    environ = dict(os.environ if environ is None else environ)
    known = known_variables(environ)
    ours = tuple({name.partition("_")[0] + "_" for name in known} - {"HOST_", "PORT_"})
    given = {*(_env_file(env_file) if env_file else {}), *(name for name in environ if name.startswith(ours))}
    found = []
    for name in sorted(given - known - {f"{variable}_FILE" for variable in known}):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        if near or name.startswith(ours):
            found.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    return found


def known_variables(given: Mapping[str, str]) -> set[str]:
    """The names of all settings, those of numbered accounts that are given included."""
    found = {name.upper() for section in COMMON for name in section.model_fields}
    for _, kind, prefix in accounts(given):
        found |= {f"{prefix}{name}".upper() for name in kind.settings.model_fields}
    return found


def _given(environ: dict[str, str], env_file: str | None) -> Mapping[str, str]:
    return {**_env_file(env_file), **environ} if env_file else environ


def _env_file(name: str) -> Mapping[str, str]:
    """The variables of a `.env` file as they are written: `${X}` is not replaced. Raises `SettingsError`."""
    path = Path(name)
    if not path.exists():
        return {}
    try:
        bindings = list(parse_stream(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except UnicodeDecodeError:
        raise SettingsError([f"{name} is not UTF-8 text: save it again as UTF-8."]) from None
    except OSError as error:
        raise SettingsError([f"{name} cannot be read: {error.strerror or error}."]) from None
    wrong = [binding.original for binding in bindings if binding.error]
    if wrong:
        lines = [f"{name}, line {one.line}: it must be NAME=value." for one in wrong]
        raise SettingsError(lines)
    return {one.key: one.value for one in bindings if one.key is not None and one.value is not None}


def _values(
    section: type[Section], prefix: str, given: Mapping[str, str], faults: list[str]
) -> Iterator[tuple[str, str]]:
    for name in section.model_fields:
        variable = f"{prefix}{name}".upper()
        if path := given.get(f"{variable}_FILE"):
            try:
                yield name, Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                faults.append(f"{variable}_FILE cannot be read: {why or error}.")
        elif (text := given.get(variable)) not in (None, ""):
            yield name, text


def _validated(section: type[S], prefix: str, values: Mapping[str, object], faults: list[str]) -> S | None:
    try:
        return section.model_validate(values)
    except ValidationError as error:
        faults += [_sentence(prefix, dict(fault)) for fault in error.errors()]
        return None


def _sentence(prefix: str, fault: Mapping[str, object]) -> str:
    where = fault.get("loc") or ()
    name = f"{prefix}{where[0]}".upper() if isinstance(where, tuple) and where else ""
    told = str(fault.get("msg", "")).removeprefix("Value error, ")
    text = _EXPECTED.get(str(fault.get("type", "")), told.replace("Input should be", "must be"))
    return f"{name}: {text}." if name else f"{text}."
