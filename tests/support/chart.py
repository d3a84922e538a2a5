"""Renders the part of Helm's template language that our chart uses; anything else is an error.

Helm itself is not available to these tests. Known here: {{ $.Values.a.b }}, {{ $name }}, `range` over a list of words
or over a mapping, `if`, `else`, `end`, `index $.Values $role`, `toJson`, and dashes that take white space away.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# What an operator may want of the chart, each beside its defaults.
CHOICES: list[dict[str, Any]] = [
    {},
    {"ingress": {"enabled": True, "className": "nginx", "host": "scribe.example.org", "tlsSecret": "tls"}},
    {"ingress": {"enabled": True, "className": "", "host": "scribe.example.org", "tlsSecret": ""}},
    {"serviceMonitor": {"enabled": True, "interval": "15s"}},
    {"spool": {"existingClaim": "audio", "sizeLimit": "1Gi"}},
    {"settings": {}},
    {"blobs": {"url": "s3://recordings/scribe", "endpoint": "https://minio.example.org", "region": "eu-west-1"}},
]

_TAG = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}")
_RANGE_LIST = re.compile(r'range \$(\w+) := list((?: "[^"]*")+)$')
_RANGE_MAP = re.compile(r"range \$(\w+), \$(\w+) := (\S+)$")
_SET = re.compile(r"\$(\w+) := index (\S+) \$(\w+)$")


def render(template: str, values: Mapping[str, Any], release: str = "scribe") -> str:
    """The text that Helm makes of a template. Raises `ValueError` for what is not known here."""
    scope: dict[str, Any] = {"": {"Values": values, "Release": {"Name": release}}}
    tokens = _tokens(template)
    text, rest = _block(tokens, 0, scope)
    if rest != len(tokens):
        raise ValueError(f"unexpected {tokens[rest]}")
    return text


def _tokens(template: str) -> list[tuple[str, str]]:
    found, at = [], 0
    strip = False
    for match in _TAG.finditer(template):
        text = template[at : match.start()]
        text = text.lstrip() if strip else text
        found.append(("text", text.rstrip() if match[1] else text))
        found.append(("tag", match[2]))
        strip, at = bool(match[3]), match.end()
    found.append(("text", template[at:].lstrip() if strip else template[at:]))
    return found


def _block(tokens: Sequence[tuple[str, str]], at: int, scope: dict[str, Any]) -> tuple[str, int]:
    """Render until an `end` or `else`; the text, and where that is."""
    out: list[str] = []
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "text":
            out.append(text)
            at += 1
        elif text in ("end", "else"):
            break
        elif match := _RANGE_LIST.match(text):
            _, end = _block(tokens, at + 1, {**scope, match[1]: ""})
            items = re.findall(r'"([^"]*)"', match[2])
            out += [_block(tokens, at + 1, {**scope, match[1]: item})[0] for item in items]
            at = _ended(tokens, end)
        elif match := _RANGE_MAP.match(text):
            _, end = _block(tokens, at + 1, {**scope, match[1]: "", match[2]: ""})
            for name, value in sorted(_value(match[3], scope).items()):
                out.append(_block(tokens, at + 1, {**scope, match[1]: name, match[2]: value})[0])
            at = _ended(tokens, end)
        elif text.startswith("if "):
            chosen = bool(_value(text.removeprefix("if "), scope))
            first, middle = _block(tokens, at + 1, scope)
            otherwise = middle < len(tokens) and tokens[middle][1] == "else"
            second, end = _block(tokens, middle + 1, scope) if otherwise else ("", middle)
            out.append(first if chosen else second)
            at = _ended(tokens, end)
        elif match := _SET.match(text):
            scope[match[1]] = _value(match[2], scope)[scope[match[3]]] if scope[match[3]] else {}
            at += 1
        else:
            name, _, filter_ = text.partition(" | ")
            value = _value(name, scope)
            if filter_ not in ("", "toJson"):
                raise ValueError(f"unknown filter in {text!r}")
            out.append(json.dumps(value) if filter_ else str(value))
            at += 1
    return "".join(out), at


def _ended(tokens: Sequence[tuple[str, str]], at: int) -> int:
    if at >= len(tokens) or tokens[at][1] != "end":
        raise ValueError("a block has no end")
    return at + 1


def _value(path: str, scope: Mapping[str, Any]) -> Any:
    """`$.Values.a.b` or `$name.a`. A value that is not there is an error, but empty inside what is not rendered."""
    if not re.fullmatch(r"\$\w*(\.\w+)*", path):
        raise ValueError(f"unknown expression {path!r}")
    name, *parts = path.removeprefix("$").split(".")
    value = scope[name]
    for part in parts:
        if value == {} or value == "":
            return {}
        value = value[part]
    return value
