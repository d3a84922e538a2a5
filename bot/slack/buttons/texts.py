"""What the buttons of a reply answer to the user who pressed them, and their modals. English, mrkdwn where sent."""

NOT_HERE = "You are not in the conversation of this transcript any more, so I cannot do that for you."
GONE = "This transcript is not stored any more: somebody deleted it, or its retention time is over."
TRY_LATER = "Slack does not answer me at the moment. Please try again in a minute."
FAILED = "Something went wrong on my side. Please try again in a minute."
ONCE_MORE = "Slack answers slowly at the moment, so nothing was changed. Please press the button again."
OUTDATED = (
    "I do not know this button any more: its message is from another version of this app. "
    "`/transcribe help` lists what I can do."
)
NOT_MINE = "I cannot find this transcript; it may be from another installation of this app."

# Download
DOWNLOAD_TITLE = "Download"
DOWNLOAD_INTRO = "The transcript is added to this thread as a file, for everybody who can read the thread."
DOWNLOAD_ADD = "Add file"
FORMAT = "Format"
HERE_ALREADY = "The {format} file is in this thread already: <{link}|{name}>."
NO_SUCH_FORMAT = (
    "This transcript has no times, so it cannot become a {format} file. "
    "Choose TXT, DOCX or JSON, or transcribe it again with a service that gives times."
)
FILES_REFUSED = "Slack does not let me share this file here. The text of the transcript is in this thread."

# Rename speakers
RENAME_TITLE = "Rename speakers"
RENAME_INTRO = (
    "Who is who? The names go into the transcript, its title and summary, and every file of it in this thread. "
    "An empty field brings the original label back."
)
RENAME_SAVE = "Rename"
RENAME_MORE = "Only the first {count} speakers can be named here."
SAYS = "“{words}”"
NAME_TOO_LONG = "A name has at most {limit} characters."
NAME_IN_ONE_LINE = "A name needs letters or digits."
RENAMED_MEANWHILE = "Somebody else named the speakers in the meantime. Close this window and open it again."
RENAMED = "The speakers are renamed; the reply follows in a moment."
RESTORED = "The names are as they were before; the reply follows in a moment."
CHANGED_SINCE = "The names have changed since then, so there is nothing to undo here."
UNDO = "Undo"
NO_SPEAKERS = "This transcript does not tell speakers apart, so there are no names to change."

# Transcribe again
AGAIN_TITLE = "Transcribe again"
AGAIN_INTRO = (
    "The new version comes as another reply in this thread; this one stays. "
    "A service that bills by the minute bills the recording again."
)
AGAIN_START = "Start"
SERVICE = "Service"
LANGUAGE = "Language"
RECORDING = "Recording"
DETECTED = "Detect automatically"
USUAL = "As usual"
SAME_AS_DONE = "There is already a transcript with these settings in this thread. Choose another service or language."
SAME_UNDER_WAY = "It is being transcribed with these settings at the moment."
OTHER_SERVICE = (
    "The recordings of this channel go to another service. Only those who may change the channel's settings can choose "
    "a different one; ask one of them, or choose the service of the channel."
)
NOT_ALLOWED = "Recordings of this channel may not go to this service: the app's administrator has restricted it."
NO_SERVICE = "This service is not set up any more. Choose another one."

# Delete
DELETE_TITLE = "Delete transcript"
DELETE_QUESTION = (
    "The reply, its files and everything that is stored of it are deleted for everybody. The recording itself stays."
)
DELETE_YES = "Delete"
NOT_YOURS = (
    "Only the user who shared the recording, the owner of its file or a workspace admin can delete its transcript. "
    "Ask one of them."
)

# All modals
ONE_MOMENT = "One moment…"
CLOSE = "Close"
CANCEL = "Cancel"
