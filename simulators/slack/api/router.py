"""The `/api/` route: reads a call's arguments and token, checks both, and answers as Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from fnmatch import fnmatchcase

from aiohttp import web

from simulators.slack.api.call import Call, Method, Parts
from simulators.slack.faults import FAULT, Fault
from simulators.slack.ledger import Entry
from simulators.slack.wire import Arguments, Json, SlackError, as_object, parse_object

ENTRY = web.RequestKey("entry", Entry)
LIMITED = {"conversations.history", "conversations.replies"}
"""Methods that Slack gives to apps distributed outside its Marketplace once a minute only."""


class Router:
    """Finds the method of a call and runs it."""

    def __init__(self, parts: Parts, methods: Iterable[Method]) -> None:
        self.parts = parts
        self.methods = {method.name: method for method in methods}

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        name = request.match_info["method"]
        method = self.methods.get(name)
        entry = request[ENTRY]
        headers: dict[str, str] = {}
        status = 200
        try:
            body = await self._run(request, name, method, entry, headers)
        except SlackError as error:
            body = error.body()
            entry.error = error.code
            if error.code == "ratelimited":
                status = 429
                headers["Retry-After"] = str(body.pop("retry_after", 1))
        return web.json_response(body, status=status, headers=headers)

    async def _run(
        self, request: web.Request, name: str, method: Method | None, entry: Entry, headers: dict[str, str]
    ) -> Json:
        values, warning = await _arguments(request, json_read=method is None or method.json)
        token = bearer(request) or str(values.get("token") or "")
        values.pop("token", None)
        entry.token = self.parts.tokens.kind(token)
        entry.args = values
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        await asyncio.sleep(self._latency(name))
        grant = self.parts.tokens.grant(token, method.token)
        headers["X-OAuth-Scopes"] = ",".join(sorted(grant.scopes))
        if method.scopes:
            headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)
        options = self.parts.options
        wait = 0
        if options.limited_history and name in LIMITED:
            wait = self.parts.rates.once(name, options.limited_history_period)
        elif options.rate_limits and method.paced:
            wait = self.parts.rates.call(name, method.tier)
        if wait:
            raise SlackError("ratelimited", retry_after=wait)
        for scope in method.scopes:
            grant.need(scope)
        fault = request.get(FAULT) or Fault("")
        call = Call(name, Arguments(values), grant, self.parts, fault.visible_after, fault.unshared)
        answer: Json = {"ok": True, **await method.handle(call)}
        if warning:
            answer["warning"] = warning
            metadata = as_object(answer.get("response_metadata"))
            answer["response_metadata"] = metadata | {"warnings": [warning]}
        return answer

    def _latency(self, name: str) -> float:
        found = [seconds for match, seconds in self.parts.options.latency.items() if fnmatchcase(name, match)]
        return max(found, default=0.0)


def bearer(request: web.Request) -> str:
    """Return the token of the Authorization header, empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _arguments(request: web.Request, *, json_read: bool) -> tuple[Json, str]:
    """Return a call's arguments, and a warning.

    A token in the query opens nothing: Slack refuses it to apps made since February 2021, and it is in every log.
    """
    values: Json = {name: value for name, value in request.query.items() if name != "token"}
    warning = ""
    if request.content_type == "application/json" and request.body_exists:
        try:
            body = parse_object(await request.read())
        except ValueError:
            raise SlackError("invalid_json") from None
        if json_read:
            body.pop("token", None)
            values |= body
        if request.charset is None:
            warning = "missing_charset"
    elif request.method == "POST" and request.body_exists:
        form = await request.post()
        values |= {key: value for key, value in form.items() if isinstance(value, str)}
    return values, warning
