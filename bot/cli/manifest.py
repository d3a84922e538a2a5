"""`manifest`: Slack's app manifest for this bot, for Socket Mode or HTTP mode, and the link that creates the app."""

import json
import webbrowser
from collections.abc import MutableMapping
from typing import Literal, cast
from urllib.parse import urlencode

import typer
import yaml

from bot.cli.checks.slack import MANIFEST
from bot.cli.common import fail
from bot.slack.workspaces.access import ACCESS_EVENTS

CREATE = "https://api.slack.com/apps?new_app=1&"
EVENTS = "/slack/events"
REDIRECT = "/slack/oauth_redirect"

Document = MutableMapping[str, object]


def manifest(http: str = "", distributed: bool = False) -> Document:
    """The manifest; with `http`, an https address, that of HTTP mode with every address in it. `distributed`: with what
    lets other workspaces and organisations install it.

    Slack sends the options of a menu to an address of its own (`message_menu_options_url`); all go to one path here.
    """
    document = cast(Document, yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))
    if not http:
        return document
    address = f"{http.rstrip('/')}{EVENTS}"
    settings = cast(Document, document["settings"])
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"] = {"request_url": address, **cast(Document, settings["event_subscriptions"])}
    settings["interactivity"] = {"is_enabled": True, "request_url": address, "message_menu_options_url": address}
    features = cast(Document, document["features"])
    features["slash_commands"] = [
        {**command, "url": address} for command in cast("list[Document]", features["slash_commands"])
    ]
    if distributed:
        oauth = cast(Document, document["oauth_config"])
        document["oauth_config"] = {"redirect_urls": [f"{http.rstrip('/')}{REDIRECT}"], **oauth}
        subscriptions = cast(Document, settings["event_subscriptions"])
        subscriptions["bot_events"] = sorted([*cast("list[str]", subscriptions["bot_events"]), *ACCESS_EVENTS])
        settings["org_deploy_enabled"] = settings["token_rotation_enabled"] = True
    return document


def create_link(document: Document) -> str:
    """The page of Slack that creates the app with this manifest."""
    return CREATE + urlencode({"manifest_json": json.dumps(document, separators=(",", ":"))})


def run_manifest(http: str, form: Literal["yaml", "json"], open_: bool, distributed: bool = False) -> int:
    """Print the manifest; with `open_`, print and open the link that creates the app. 2 for an address without TLS, or
    none where one is needed."""
    if distributed and not http:
        return fail("--distributed needs --http: Slack sends the user who installs the app there.", 2)
    if http and not http.startswith("https://"):
        return fail("--http must be an https:// address: Slack sends events to no other.", 2)
    document = manifest(http, distributed)
    if open_:
        link = create_link(document)
        typer.echo(link)
        webbrowser.open(link)
        return 0
    if form == "json":
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100).rstrip())
    return 0
