"""The settings as README and `.env.example` show them, made from `bot.settings`; `make docs` writes both."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from bot.settings import Settings

TOP = Path(__file__).parents[2]
BEGIN, END = "<!-- settings: made by `make docs` -->", "<!-- settings end -->"
HEAD = """\
# Copy to .env and fill in what you need; README says which that is. Every line that is commented out shows its default.
# X_FILE=PATH reads the value of X from a file. The real environment wins over this file. `threadscribe doctor` checks.
"""


def groups() -> Iterator[tuple[str, list[str]]]:
    """The headings that the comments in the class give, each with its fields."""
    heading, names = "", list[str]()
    for line in inspect.getsource(Settings).splitlines():
        if match := re.fullmatch(r"    # (.+?)(?: \(.*\))?", line):
            if names:
                yield heading, names
            heading, names = match[1], []
        elif (match := re.match(r"    (\w+):", line)) and match[1] in Settings.model_fields:
            names.append(match[1])
    yield heading, names


def default(name: str) -> str:
    """As it would be written in the environment; empty if there is none."""
    value = Settings.model_fields[name].default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def description(name: str) -> str:
    return Settings.model_fields[name].description or ""


def readme_table() -> str:
    """One Markdown table for each group."""
    parts = []
    for heading, names in groups():
        rows = [f"**{heading}**", "", "| Variable | Default | Meaning |", "|---|---|---|"]
        for name in names:
            shown = f"`{default(name)}`" if default(name) else ""
            rows.append(f"| `{name.upper()}` | {shown} | {description(name).replace('|', chr(92) + '|')} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def env_example() -> str:
    """Every setting with its description, commented out at its default."""
    parts = [HEAD]
    for heading, names in groups():
        lines = [f"# --- {heading} ---"]
        for name in names:
            lines.append("")
            lines += textwrap.wrap(description(name), 116, initial_indent="# ", subsequent_indent="# ")
            lines.append(f"#{name.upper()}={_quoted(default(name))}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def with_table(readme: str) -> str:
    """README with its tables made anew between the two marks."""
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{readme_table()}\n\n{END}{after}"


def _quoted(value: str) -> str:
    return f"'{value}'" if re.search(r"[\s#{}\"]", value) else value


if __name__ == "__main__":
    (TOP / ".env.example").write_text(env_example(), encoding="utf-8")
    readme = TOP / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
