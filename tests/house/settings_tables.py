"""docs/settings.md and `.env.example`, made from the settings classes; `make docs` writes both."""

import re
import textwrap
from pathlib import Path

from pydantic import SecretStr

from bot.providers import TABLE
from bot.settings import COMMON, Section

TOP = Path(__file__).parents[2]
PAGE_HEAD = """\
# All settings

This page is made by `make docs` from the settings classes. Set these variables in the environment or in a file `.env`
in the directory where the bot is started; the environment wins. For secrets that are mounted as files, `X_FILE=PATH`
reads the value of `X` from a file. The README names the dozen that matter; `threadscribe doctor` checks them."""
HEAD = """\
# Copy to .env and fill in what you need; README says which that is. Every line that is commented out shows its default.
# X_FILE=PATH reads the value of X from a file. The real environment wins over this file. `threadscribe doctor` checks.
"""


def sections() -> list[type[Section]]:
    """Every section of the settings in the order of the documents: common ones, then a section for each provider."""
    return [*COMMON, *(kind.settings for kind in TABLE.values())]


def variable(section: type[Section], name: str) -> str:
    return f"{section.prefix}{name}".upper()


def default(section: type[Section], name: str) -> str:
    """As it would be written in the environment; empty if there is none."""
    value = section.model_fields[name].default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def description(section: type[Section], name: str) -> str:
    return section.model_fields[name].description or ""


def settings_page() -> str:
    """docs/settings.md: one Markdown table for each section."""
    parts = [PAGE_HEAD]
    for section in sections():
        rows = [f"## {section.heading}", "", "| Variable | Default | Meaning |", "|---|---|---|"]
        for name in section.model_fields:
            shown = f"`{default(section, name)}`" if default(section, name) else ""
            meaning = description(section, name).replace("|", chr(92) + "|")
            rows.append(f"| `{variable(section, name)}` | {shown} | {meaning} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def env_example() -> str:
    """Every setting with its description, commented out at its default."""
    parts = [HEAD]
    for section in sections():
        lines = [f"# --- {section.heading} ---"]
        for name in section.model_fields:
            lines.append("")
            lines += textwrap.wrap(description(section, name), 116, initial_indent="# ", subsequent_indent="# ")
            lines.append(f"#{variable(section, name)}={_quoted(default(section, name))}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _quoted(value: str) -> str:
    return f"'{value}'" if re.search(r"[\s#{}\"]", value) else value


if __name__ == "__main__":
    (TOP / ".env.example").write_text(env_example(), encoding="utf-8")
    (TOP / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
