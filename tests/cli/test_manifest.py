"""`manifest`: what Slack is given, for both modes."""

import json
from urllib.parse import parse_qs, urlsplit

import yaml
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.checks.slack import MANIFEST
from bot.cli.manifest import create_link, manifest
from tests.support.machine.bot_process import ROOT


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["manifest", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_socket_mode_prints_the_file_as_it_is() -> None:
    assert yaml.safe_load(printed()) == yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert json.loads(printed("--format", "json")) == yaml.safe_load(printed())


def test_http_mode_has_every_address_in_it() -> None:
    found = yaml.safe_load(printed("--http", "https://scribe.example.org/"))
    address = "https://scribe.example.org/slack/events"
    assert found["settings"]["socket_mode_enabled"] is False
    assert found["settings"]["event_subscriptions"]["request_url"] == address
    assert found["settings"]["interactivity"]["request_url"] == address
    assert found["settings"]["interactivity"]["message_menu_options_url"] == address
    assert [command["url"] for command in found["features"]["slash_commands"]] == [address]
    assert found["oauth_config"] == yaml.safe_load(printed())["oauth_config"]


def test_an_address_without_tls_is_refused() -> None:
    done = CliRunner().invoke(app, ["manifest", "--http", "http://scribe.example.org"])
    assert done.exit_code == 2
    assert "https://" in done.output


def test_the_link_creates_the_app_with_this_manifest() -> None:
    link = urlsplit(create_link(manifest()))
    assert (link.scheme, link.netloc, link.path) == ("https", "api.slack.com", "/apps")
    asked = parse_qs(link.query)
    assert asked["new_app"] == ["1"]
    assert json.loads(asked["manifest_json"][0]) == manifest()


def test_slacks_own_command_line_finds_the_manifest() -> None:
    hooks = json.loads((ROOT / ".slack" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
    assert hooks["get-manifest"].split()[:2] == ["threadscribe", "manifest"]
    assert json.loads(printed(*hooks["get-manifest"].split()[2:])) == manifest()
