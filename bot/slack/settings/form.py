"""The settings of a channel as a modal: its fields follow the service that is chosen. Pure."""

from collections.abc import Callable
from dataclasses import replace

from bot.ports.provider import Capabilities
from bot.ports.store import ChannelSettings
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.blockkit.blocks import Block, choices, context, option, search_select, section, select
from bot.slack.blockkit.limits import OPTIONS
from bot.slack.blockkit.modals import entered, field, modal
from bot.slack.settings import texts as words
from bot.slack.settings.retention import BY_DEFAULT, Retention, chosen_days
from bot.slack.settings.services import Services
from bot.slack.settings.vocabulary_fields import NO_VOCABULARY, VocabularyFields
from bot.slack.texts import moment
from bot.text.phrases import ENGLISH, Phrases
from bot.text.search import fold

SETTINGS_VIEW = "channel_settings"
SERVICE = "settings_service"
LANGUAGE = "settings_language"
RECORDING = "settings_recording"
SPEAKERS = "settings_speakers"
START = "settings_start"
SHOW = "settings_show"
DELETING = "settings_deleting"
DEFAULT = "-"  # an option's value cannot be empty

Say = Callable[[str], str]  # a sentence in the language of the user

MOST_PEOPLE = 10  # speakers of a recording that can be given; settings take more
_SPEAKERS = {
    "detect": words.SPEAKERS_DETECT,
    "none": words.SPEAKERS_NONE,
    **{str(count): words.SPEAKERS_COUNT for count in range(2, MOST_PEOPLE + 1)},
}


def form(
    channel: str,
    settings: ChannelSettings,
    services: Services,
    why_not: str,
    facts: Json,
    retention: Retention = BY_DEFAULT,
    vocabulary: VocabularyFields = NO_VOCABULARY,
    phrases: Phrases = ENGLISH,
) -> Block:
    """The modal with these settings in it; with a `why_not` it only tells them."""
    say = phrases.say
    blocks = [section(_about(channel, say)), context(_changed(settings, say))]
    if why_not:
        blocks += [section(one_line(settings, services, phrases=phrases)), section(why_not)]
        return modal(say(words.TITLE), blocks, callback_id=SETTINGS_VIEW, close=say(words.CLOSE), facts=facts)
    capabilities = services.capabilities(settings.provider)
    name = services.title(services.effective(settings.provider), phrases)
    blocks.append({**_service(settings, services, channel, phrases), "dispatch_action": True})
    if capabilities is not None:
        if capabilities.languages:
            blocks.append(_language(settings, capabilities, phrases))
        else:
            blocks.append(context(say(words.NO_LANGUAGES).format(service=_title(name))))
        if capabilities.recording_types:
            blocks.append(_recording(settings, capabilities, say))
        if capabilities.takes_speakers:
            blocks.append(_speakers(settings, capabilities, say))
    blocks += vocabulary.blocks(capabilities, phrases)
    if not channel.startswith("D"):  # what is sent to us directly is always meant for us
        automatic, request = option(say(words.AUTOMATIC), "automatic"), option(say(words.ON_REQUEST), "request")
        chosen = automatic if settings.automatic else request
        start = choices("radio_buttons", START, [automatic, request], [chosen])
        blocks.append(field(START, say(words.START), start, hint=say(words.ON_REQUEST_HINT)))
    blocks.append(field(SHOW, say(words.SHOW), _show(settings, capabilities, name, say), optional=True))
    delete = option(say(words.DELETE_REPLIES), "delete")
    deleting = choices("checkboxes", DELETING, [delete], [delete] if settings.delete_replies else [])
    blocks.append(field(DELETING, say(words.DELETING), deleting, optional=True))
    blocks.append(retention.choice(settings, phrases))
    title, save, cancel = say(words.TITLE), say(words.SAVE), say(words.CANCEL)
    return modal(title, blocks, callback_id=SETTINGS_VIEW, submit=save, close=cancel, facts=facts)


def waiting(phrases: Phrases = ENGLISH) -> Block:
    """What is shown while Slack and the database are asked."""
    say = phrases.say
    return modal(say(words.TITLE), [section(say(words.LOADING))], callback_id=SETTINGS_VIEW, close=say(words.CANCEL))


def refusal(said: str, phrases: Phrases = ENGLISH) -> Block:
    """What is shown to a user who may not see the settings; `said` is in their language."""
    title, close = phrases.say(words.TITLE), phrases.say(words.CLOSE)
    return modal(title, [section(said)], callback_id=SETTINGS_VIEW, close=close)


def read(body: Json, before: ChannelSettings) -> ChannelSettings:
    """The settings that the fields hold; what has no field stays as it was. The service decides which fields count."""
    state = child(body, "view", "state", "values")
    service = before.provider
    if SERVICE in state:
        service = _value(body, SERVICE, SERVICE)
    kept = before.provider == service
    start = entered(body, START, START)
    changed = replace(
        before,
        provider=service,
        language=_value(body, _of(LANGUAGE, service), LANGUAGE, before.language if kept else ""),
        recording_type=_value(body, _of(RECORDING, service), RECORDING, before.recording_type if kept else ""),
        speaker_detection=_value(body, _of(SPEAKERS, service), SPEAKERS, before.speaker_detection if kept else ""),
        automatic=start != "request" if start else before.automatic,
    )
    if DELETING in state:
        changed = replace(changed, delete_replies="delete" in _checked(body, DELETING))
    changed = replace(changed, retention_days=chosen_days(body, before.retention_days))
    if SHOW not in state:
        return changed
    shown = _checked(body, SHOW)
    return replace(changed, speakers="speakers" in shown, timestamps="times" in shown)


def _checked(body: Json, name: str) -> list[str]:
    boxes = child(body, "view", "state", "values", name, name)
    return [text(each, "value") for each in rows(boxes, "selected_options")]


def fault(
    settings: ChannelSettings,
    services: Services,
    channel: str = "",
    retention: Retention = BY_DEFAULT,
    phrases: Phrases = ENGLISH,
) -> tuple[str, str] | None:
    """The block and the sentence of what cannot be saved; None when all is well."""
    say, capabilities = phrases.say, services.capabilities(settings.provider)
    if capabilities is None:
        return SERVICE, say(words.NO_SUCH_SERVICE)
    if not services.allows(services.effective(settings.provider), channel):
        return SERVICE, say(words.NOT_ALLOWED).format(service=capabilities.title)
    if settings.language and capabilities.languages and settings.language not in capabilities.languages:
        return _of(LANGUAGE, settings.provider), say(words.NO_SUCH_LANGUAGE).format(service=capabilities.title)
    return retention.fault(settings, phrases)


def fitting(settings: ChannelSettings, services: Services) -> ChannelSettings:
    """The settings without what the service does not offer."""
    capabilities = services.capabilities(settings.provider)
    language = settings.language if capabilities and settings.language in capabilities.languages else ""
    recording = (
        settings.recording_type if capabilities and settings.recording_type in capabilities.recording_types else ""
    )
    speakers = settings.speaker_detection if capabilities and capabilities.takes_speakers else ""
    speakers = speakers if speakers in _SPEAKERS else ""
    return replace(settings, language=language, recording_type=recording, speaker_detection=speakers)


def languages(body: Json, services: Services, phrases: Phrases = ENGLISH) -> list[Json]:
    """The options for what was typed into the language field: by name, by code, however it is accented."""
    block_id = text(body, "block_id")
    service = block_id.partition(".")[2]
    capabilities = services.capabilities("" if service == DEFAULT else service)
    if capabilities is None:
        return []
    typed = fold(text(body, "value")).strip()
    default_option = _default_language(capabilities, phrases)
    default: list[Json] = [default_option] if typed in fold(text(child(default_option, "text"), "text")) else []
    ranked = sorted(
        (not fold(name).startswith(typed), name, value)
        for value, name in capabilities.languages.items()
        if typed in fold(name) or fold(value).startswith(typed)
    )
    return [*default, *(option(name, value) for _, name, value in ranked)][:OPTIONS]


def one_line(settings: ChannelSettings, services: Services, direct: bool = False, phrases: Phrases = ENGLISH) -> str:
    """The settings in a line: service, language, when."""
    say, name = phrases.say, _title(services.title(services.effective(settings.provider), phrases))
    facts = [name if services.capabilities(settings.provider) else say(words.GONE_SERVICE).format(service=name)]
    if settings.language:
        facts.append(services.language(settings.provider, settings.language))
    if settings.recording_type:
        capabilities = services.capabilities(settings.provider)
        facts.append(
            (capabilities.recording_types if capabilities else {}).get(settings.recording_type, settings.recording_type)
        )
    if settings.retention_days is not None:
        facts.append(say(words.LINE_RETENTION).format(time=words.kept_for(settings.retention_days, phrases)))
    if not direct:
        facts.append(say(words.LINE_AUTOMATIC if settings.automatic else words.LINE_ON_REQUEST))
    return "  ·  ".join(facts)


def _about(channel: str, say: Say) -> str:
    return say(words.FOR_DIRECT) if channel.startswith("D") else say(words.FOR_CHANNEL).format(channel=channel)


def _changed(settings: ChannelSettings, say: Say) -> str:
    if not settings.changed_by:
        return say(words.DEFAULTS)
    return say(words.CHANGED).format(user=settings.changed_by, moment=moment(settings.changed_at))


def _service(settings: ChannelSettings, services: Services, channel: str, phrases: Phrases) -> Block:
    def title(name: str, said: str = "{service}") -> str:
        return phrases.say(said).format(service=_title(services.title(name, phrases)))

    options = [option(title(services.default, words.DEFAULT_SERVICE), DEFAULT)]
    options += [option(title(name), name) for name in services.offered(channel)]
    chosen = next((each for each in options if each["value"] == (settings.provider or DEFAULT)), None)
    if chosen is None:
        why = words.RESTRICTED_SERVICE if settings.provider in services.offered() else words.GONE_SERVICE
        chosen = option(title(settings.provider, why), settings.provider)
        options.append(chosen)
    label, hint = phrases.say(words.SERVICE), phrases.say(words.SERVICE_HINT)
    return field(SERVICE, label, select(label, SERVICE, options, chosen), hint=hint)


def _language(settings: ChannelSettings, capabilities: Capabilities, phrases: Phrases) -> Block:
    chosen = _default_language(capabilities, phrases)
    if settings.language in capabilities.languages:
        chosen = option(capabilities.languages[settings.language], settings.language)
    element = search_select(phrases.say(words.LANGUAGE_SEARCH), LANGUAGE, chosen)
    return field(_of(LANGUAGE, settings.provider), phrases.say(words.LANGUAGE), element)


def _default_language(capabilities: Capabilities, phrases: Phrases) -> Block:
    # Without a default language the provider detects it.
    default = capabilities.default_options.language
    if not default:
        return option(phrases.say(words.DETECTED), DEFAULT)
    name = capabilities.languages.get(default) or phrases.language(default)
    return option(phrases.say(words.DEFAULT_LANGUAGE).format(language=name), DEFAULT)


def _recording(settings: ChannelSettings, capabilities: Capabilities, say: Say) -> Block:
    options = [option(say(words.DEFAULT_RECORDING), DEFAULT)]
    options += [option(name, value) for value, name in capabilities.recording_types.items()]
    return _menu(RECORDING, settings, options, settings.recording_type, say(words.RECORDING))


def _speakers(settings: ChannelSettings, capabilities: Capabilities, say: Say) -> Block:
    names = {value: say(said).format(count=value) for value, said in _SPEAKERS.items()}
    default = names.get(capabilities.default_options.speakers or "", names["detect"])
    options = [option(say(words.SPEAKERS_DEFAULT).format(way=default[:1].lower() + default[1:]), DEFAULT)]
    options += [option(name, value) for value, name in names.items()]
    hint = say(words.SPEAKERS_HINT)
    return _menu(SPEAKERS, settings, options, settings.speaker_detection, say(words.SPEAKERS_FIELD), hint)


def _menu(name: str, settings: ChannelSettings, options: list[Block], chosen: str, label: str, hint: str = "") -> Block:
    shown = next((each for each in options if each["value"] == chosen), options[0])
    return field(_of(name, settings.provider), label, select(label, name, options, shown), hint=hint)


def _show(settings: ChannelSettings, capabilities: Capabilities | None, name: str, say: Say) -> Block:
    speakers, times = option(say(words.SPEAKERS), "speakers"), option(say(words.TIMESTAMPS), "times")
    if capabilities is not None and not capabilities.gives_speakers:
        speakers["description"] = option(say(words.SPEAKERS_NOT).format(service=_title(name)), "-")["text"]
    if capabilities is not None and not capabilities.gives_times:
        times["description"] = option(say(words.TIMES_NOT).format(service=_title(name)), "-")["text"]
    chosen = [*([speakers] if settings.speakers else []), *([times] if settings.timestamps else [])]
    return choices("checkboxes", SHOW, [speakers, times], chosen)


def _of(block_id: str, service: str) -> str:
    """A field of one service: its own block, or Slack would keep what was entered for the service before."""
    return f"{block_id}.{service or DEFAULT}"


def _value(body: Json, block_id: str, action_id: str, otherwise: str = "") -> str:
    if block_id not in child(body, "view", "state", "values"):
        return otherwise
    value = entered(body, block_id, action_id)
    return "" if value == DEFAULT else value


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]
