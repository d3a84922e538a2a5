"""The server's part of `doctor`: one harmless call that sends no audio and bills nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.errors import StepError
from bot.http import Answer, Http
from bot.ports.provider import Finding
from bot.providers.json_fields import objects, text
from bot.providers.openai.answers import Service, words_of
from bot.providers.openai.dialects import Dialect, url_of

_NO_LIST: Final = frozenset({404, 405, 501})
_LISTS_ALL: Final = frozenset({"openai", "groq", "vllm"})  # others load or download a model when it is asked for
_NAMED: Final = 5  # models that are listed in a finding


async def check_server(
    http: Http, service: Service, dialect: Dialect, base_url: str, model: str, credential: Mapping[str, str]
) -> Sequence[Finding]:
    """Whether the server answers, takes the key, and has the model. A server without a list of models is well."""
    title, prefix = service.title, service.prefix
    url = url_of(dialect, base_url, "/models")
    try:
        answer = await http.call(service.account, "GET", url, headers=credential, timeout=15.0)
    except StepError as error:
        advice = f"Check {prefix}_BASE_URL, the network and the server, then run doctor again."
        return [Finding(False, f"{title}: connection", error.detail, advice)]
    if answer.status in (401, 403):
        detail = f"refused (status {answer.status})"
        return [Finding(False, f"{title}: credentials", detail, f"Set {prefix}_API_KEY to a key of this server.")]
    reached = Finding(True, f"{title}: connection", "it answers")
    if answer.status in _NO_LIST:
        return [reached, Finding(True, f"{title}: model", f"{model} (the server has no list of models)")]
    names = _names(answer)
    if names is None:
        remedy = f"Check {prefix}_BASE_URL; it normally ends in /v1."
        return [Finding(False, f"{title}: connection", f"status {answer.status}: {words_of(answer)}", remedy)]
    return [reached, Finding(True, f"{title}: credentials", "accepted"), _model(service, dialect, model, names)]


def _names(answer: Answer) -> Sequence[str] | None:
    found = answer.json_or_none() if answer.ok else None
    listed = objects(found, "data") if found is not None else None
    return None if listed is None else [name for one in listed if (name := text(one, "id"))]


def _model(service: Service, dialect: Dialect, model: str, names: Sequence[str]) -> Finding:
    subject = f"{service.title}: model"
    if model in names or not dialect.sends_model:
        return Finding(True, subject, f"{model} is there")
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    if dialect.name not in _LISTS_ALL:
        return Finding(True, subject, f"{model} is not loaded; the first recording may wait for it (there: {shown})")
    return Finding(False, subject, f"{model} is not there", f"Set {service.prefix}_MODEL to one of: {shown}")
