"""What the settings of a channel say: the modal, who may change them, one line of them. English.

Labels, hints and options are plain text; sentences are mrkdwn. Translations are in `bot.text.translations.answers`.
"""

from bot.text.phrases import ENGLISH, Phrases

TITLE = "Channel settings"
LOADING = "One moment: loading the settings."
SAVE = "Save"
CANCEL = "Cancel"
CLOSE = "Close"

FOR_CHANNEL = "These settings apply to new recordings in <#{channel}>."
FOR_DIRECT = "These settings apply to new recordings that you send me in our direct messages."
CHANGED = "Last changed by <@{user}>, {moment}."
DEFAULTS = "Nobody has changed these yet."

SERVICE = "Service"
SERVICE_HINT = "The recordings of this channel are sent to it."
DEFAULT_SERVICE = "Default ({service})"
GONE_SERVICE = "{service} (not set up any more)"
RESTRICTED_SERVICE = "{service} (may not be used here)"
LANGUAGE = "Language"
LANGUAGE_SEARCH = "Type to search"
DETECTED = "Detect automatically"
DEFAULT_LANGUAGE = "Default of the service ({language})"
NO_LANGUAGES = "{service} detects the language automatically."
RECORDING = "Recording type"
DEFAULT_RECORDING = "Default"
SPEAKERS_FIELD = "Tell speakers apart"
SPEAKERS_HINT = "The number of people, where it is always the same, makes for fewer mistakes."
SPEAKERS_DEFAULT = "Default ({way})"
SPEAKERS_DETECT = "Detect how many people speak"
SPEAKERS_NONE = "Do not name speakers"
SPEAKERS_COUNT = "{count} people"
START = "Transcribe"
AUTOMATIC = "Automatically, every recording"
ON_REQUEST = "Only on request"
ON_REQUEST_HINT = "On request: choose Transcribe in the menu of a message, or mention me in its thread."
SHOW = "Show in transcripts"
SPEAKERS = "Who speaks"
TIMESTAMPS = "Times"
DELETING = "When a recording is deleted"
DELETE_REPLIES = "Delete its transcript and files, too"
RETENTION = "Keep transcripts"
RETENTION_HINT = "Then I delete my copy: no more downloads, no search. What I posted in Slack stays there."
RETENTION_DEFAULT = "Default ({time})"
SPEAKERS_NOT = "{service} does not tell speakers apart"
TIMES_NOT = "{service} gives no times"

NOT_A_MEMBER = "You are not in this conversation, so its settings are not shown to you."
OUTSIDER = "The settings of a channel are for members of the workspace that this app belongs to."
NOT_YOUR_DIRECT_MESSAGE = (
    "This is not a direct message between you and me, so there is nothing to set here. "
    "Type `/transcribe settings` in our own direct message, or in a channel that I am in."
)
NOT_INVITED = "I am not in this conversation, so I cannot check who is. Type `/invite` to add me, then try again."
GUEST = "You can see these settings. Guests cannot change them: ask a member of the workspace."
LARGE = (
    "You can see these settings. This public channel has more than {count} members, so only <@{creator}>, who "
    "created it, or a workspace admin can change them."
)
ARCHIVED = "You can see these settings. The channel is archived, so they cannot be changed."
SLACK_SILENT = "Slack does not say who is in this conversation at the moment. Please try again in a minute."
NOT_SAVED = "Slack did not say in time whether you may change this. Nothing was saved; please try again."
STORE_SILENT = "Something went wrong on my side. Nothing was saved; please try again in a minute."
TOO_LATE = "The window could not be opened in time. Please type `/transcribe settings` again."
NOT_ALLOWED = "{service} may not be used here: the app's administrator has restricted it. Choose another one."
NO_SUCH_SERVICE = "This service is not set up here any more. Choose another one."
NO_SUCH_LANGUAGE = "{service} does not offer this language. Choose another one."

TOO_LONG = "The app's administrator allows at most {time}. Choose a shorter time."

LINE_RETENTION = "transcripts kept {time}"
LINE_AUTOMATIC = "every recording"
LINE_ON_REQUEST = "on request"


UNTIL_DELETED, ONE_DAY, ONE_YEAR, DAYS = "until deleted", "1 day", "1 year", "{count} days"


def kept_for(days: int, phrases: Phrases = ENGLISH) -> str:
    """How long content is kept, in words; 0: without end."""
    return phrases.say({0: UNTIL_DELETED, 1: ONE_DAY, 365: ONE_YEAR}.get(days, DAYS)).format(count=days)
