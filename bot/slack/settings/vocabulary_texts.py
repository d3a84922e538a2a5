"""What people read of names, jargon and replacements. English.

Labels, hints and errors of fields are plain text; sentences are mrkdwn, and entries in them must be escaped before.
"""

from collections.abc import Mapping

from bot.domain.vocabulary import (
    LONGEST_ENTRY,
    LONGEST_LIST,
    MOST_REPLACEMENTS,
    MOST_WORDS,
    VocabularyError,
    VocabularyFault,
)
from bot.slack.texts import COMMAND
from bot.text.phrases import ENGLISH, Phrases

CHANNEL_FIELD = "Names and jargon of this channel"
WORKSPACE_FIELD = "Names and jargon of the whole workspace"
PLACEHOLDER = "Hakobyan, amoxicillin"
HINT = (
    "One a line, or separated by commas. A line like “a mocks a sillin -> amoxicillin” replaces what is heard in "
    "every transcript."
)
WORKSPACE_HINT = "For every channel. You see this field because you are a workspace admin."
WORKSPACE_ALSO = "For the whole workspace also: {entries}."
TAKES = "{service} is given up to {count} of these words; those that matter most are the last ones of the channel."
LEFT_OUT = "{service} takes {count} words, so it is not given: {entries}."
TAKES_NONE = "{service} takes no names and jargon. Replacements are made in its transcripts, too."
CHANGED_MEANWHILE = "Somebody has changed this list meanwhile. Close this window, open it again and enter it once more."

NONE_HERE = f"No names and jargon are set for this channel. Add some: `{COMMAND} words add Hakobyan, amoxicillin`"
CHANNEL = "*Names and jargon of this channel*"
WORKSPACE = "*Names and jargon of the whole workspace*"
REPLACED = "*Replaced*"
HOW = (
    f'`{COMMAND} words add NAME, NAME`, `words remove NAME`, `words replace "as heard" "as written"`. '
    "`words workspace add NAME` is for every channel, and for workspace admins."
)
ADDED = "Added for {scope}: {entries}. It applies to new recordings, and to those that are transcribed again."
REPLACES = "From now on {scope} writes {written} where {heard} is heard."
REMOVED = "Removed for {scope}: {entries}."
UNCHANGED = "There was nothing to change: {scope} has this already."
NOT_THERE = "{scope} has no such entry: {entries}."
THIS_CHANNEL = "this channel"
THE_WORKSPACE = "the whole workspace"
ADMINS_ONLY = "Only workspace admins change names and jargon of the whole workspace. `words add` is for this channel."
ADD_WHAT = f"Tell me which names or terms: `{COMMAND} words add Hakobyan, amoxicillin`"
REMOVE_WHAT = f"Tell me which to remove: `{COMMAND} words remove Hakobyan`. `{COMMAND} words` lists them."
REPLACE_WHAT = f'Tell me what is heard, and what to write: `{COMMAND} words replace "a mocks a sillin" "amoxicillin"`'
UNKNOWN = f"`words` knows `add`, `remove`, `replace` and `list`, not `{{word}}`. `{COMMAND} words` shows all entries."
BUSY = "Somebody else is changing these names at this moment. Please try again."

FAULTS: Mapping[VocabularyFault, str] = {
    VocabularyFault.NO_LETTERS: "“{entry}” has no letter or digit in it.",
    VocabularyFault.TOO_LONG: f"“{{entry}}” is too long: a name or term has at most {LONGEST_ENTRY} characters.",
    VocabularyFault.NOTHING_TO_WRITE: "Nothing is said to be written where “{entry}” is heard.",
    VocabularyFault.TOO_MANY_WORDS: f"That would be more than {MOST_WORDS} names and terms. Remove some first.",
    VocabularyFault.TOO_MANY_REPLACEMENTS: f"That would be more than {MOST_REPLACEMENTS} replacements. Remove some.",
    VocabularyFault.LIST_TOO_LONG: f"That would be more than {LONGEST_LIST:,} characters together. Remove some first.",
}


def fault(error: VocabularyError, phrases: Phrases = ENGLISH) -> str:
    """Why a list cannot be taken, with the first characters of the entry; plain text."""
    shown = error.entry if len(error.entry) <= 40 else f"{error.entry[:40]}…"
    return phrases.say(FAULTS[error.fault]).format(entry=shown)
