"""Codes and tokens of `oauth.v2.access`, as strict as Slack: a code once, a refresh token once, the right secret.

Shapes: https://docs.slack.dev/reference/methods/oauth.v2.access (answer, errors),
https://docs.slack.dev/authentication/using-token-rotation (`expires_in` 43,200, `xoxe.xoxb-1-…`, `xoxe-1-…`, a refresh
token is revoked by its use), https://docs.slack.dev/enterprise/developing-for-enterprise-orgs (`team` null and
`is_enterprise_install` for an organisation). Unverified: whether the access token that was exchanged works on until it
ends; the worse reading for the bot would be that it does not, and `old_token_lasts` chooses.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.slack.wire import Json, SlackError

CODE_SECONDS = 600.0
TOKEN_SECONDS = 43200


@dataclass(slots=True)
class Place:
    """What an installation is of: a workspace, or a whole organisation (`team_id` empty)."""

    team_id: str
    team_name: str
    enterprise_id: str = ""
    enterprise_name: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is an organisation."""
        return not self.team_id


@dataclass(slots=True)
class Token:
    """A bot token. `until` is when it ends (Unix seconds), `lost` the error it answers with once it was taken away."""

    place: Place
    until: float | None
    lost: str = ""


@dataclass(slots=True)
class Grants:
    """Every code and token that was given out. `rotation` and `lasts` may be changed while it runs."""

    app_id: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    bot_user: str
    rotation: bool = False
    lasts: int = TOKEN_SECONDS
    old_token_lasts: bool = True
    exchanges: int = 0
    refused: list[str] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    _codes: dict[str, tuple[Place, str, float]] = field(default_factory=dict)
    _refresh: dict[str, tuple[Place, str]] = field(default_factory=dict)

    def code(self, place: Place, redirect_uri: str) -> str:
        """A code for a place, as the page of Slack gives it when its person agrees. SlackError `bad_redirect_uri`."""
        if redirect_uri not in self.redirect_uris:
            raise SlackError("bad_redirect_uri")
        code = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(32)}"
        self._codes[code] = (place, redirect_uri, time.time() + CODE_SECONDS)
        return code

    def access(self, given: Mapping[str, str], user: str) -> Json:
        """Exchange a code, or a refresh token. SlackError with Slack's names for what is wrong."""
        try:
            return self._access(given, user)
        except SlackError as error:
            self.refused.append(error.code)
            raise

    def _access(self, given: Mapping[str, str], user: str) -> Json:
        if given.get("client_id") != self.client_id:
            raise SlackError("invalid_client_id")
        if not secrets.compare_digest(given.get("client_secret", ""), self.client_secret):
            raise SlackError("bad_client_secret")
        kind = given.get("grant_type", "authorization_code")
        if kind == "refresh_token":
            return self._refreshed(given.get("refresh_token", ""), user)
        if kind != "authorization_code":
            raise SlackError("invalid_grant_type")
        if not given.get("code"):
            raise SlackError("invalid_arguments")
        found = self._codes.pop(given["code"], None)
        if found is None:
            raise SlackError("invalid_code")
        place, redirect_uri, until = found
        if until < time.time():
            raise SlackError("invalid_code")
        if given.get("redirect_uri") != redirect_uri:
            raise SlackError("bad_redirect_uri")
        return self._answer(place, user)

    def _refreshed(self, refresh_token: str, user: str) -> Json:
        if not self.rotation:
            raise SlackError("token_rotation_not_enabled")
        found = self._refresh.pop(refresh_token, None)
        if found is None:
            raise SlackError("invalid_refresh_token")
        place, old = found
        if not self.old_token_lasts:
            self.tokens[old].lost = "token_expired"
        self.exchanges += 1
        return self._answer(place, user)

    def _answer(self, place: Place, user: str) -> Json:
        rotating = self.rotation
        token = f"{'xoxe.xoxb-1-' if rotating else 'xoxb-'}{secrets.token_hex(20)}"
        self.tokens[token] = Token(place, time.time() + self.lasts if rotating else None)
        answer: Json = {
            "ok": True,
            "app_id": self.app_id,
            "authed_user": {"id": user},
            "scope": ",".join(self.scopes),
            "token_type": "bot",
            "access_token": token,
            "bot_user_id": self.bot_user,
            "team": None if place.whole else {"id": place.team_id, "name": place.team_name},
            "enterprise": {"id": place.enterprise_id, "name": place.enterprise_name} if place.enterprise_id else None,
            "is_enterprise_install": place.whole,
        }
        if rotating:
            refresh = f"xoxe-1-{secrets.token_hex(20)}"
            self._refresh[refresh] = (place, token)
            answer |= {"refresh_token": refresh, "expires_in": self.lasts}
        return answer

    def find(self, token: str) -> Token:
        """What a token opens. SlackError `not_authed`, `invalid_auth`, `token_expired`, or what it was lost by."""
        if not token:
            raise SlackError("not_authed")
        found = self.tokens.get(token)
        if found is None:
            raise SlackError("invalid_auth")
        if found.lost:
            raise SlackError(found.lost)
        if found.until is not None and found.until < time.time():
            raise SlackError("token_expired")
        return found

    def take(self, place_id: str, error: str) -> None:
        """Make every token and refresh token of a workspace or an organisation useless."""
        for token in self.tokens.values():
            if place_id in (token.place.team_id, token.place.enterprise_id if token.place.whole else ""):
                token.lost = error
        self._refresh = {
            key: each for key, each in self._refresh.items() if place_id not in (each[0].team_id, each[0].enterprise_id)
        }
