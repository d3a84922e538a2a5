"""What the App Home says. English, mrkdwn."""

RUNNING = "Under way"
LAST = "Your last recordings"
NONE_RUNNING = "Nothing is under way."
NONE_YET = (
    "You have no recordings yet. Drop an audio or video file, or record a voice clip, in a channel I am in, or send it "
    "to me in *Messages*."
)
USE = "The last two weeks"
USE_TOTAL = "{recordings}, {time} transcribed"
USE_NONE = "Nothing was transcribed for you in the last two weeks."
ONE_RECORDING = "1 recording"
RECORDINGS = "{count} recordings"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CHANNELS = "Settings of your channels"
NO_CHANNELS = "There is no channel yet that both of us are in. Type `/invite @{name}` in a channel to add me."
MORE_CHANNELS = "{count} more: type `/transcribe settings` in the channel."
DIRECT = "Our direct messages"
CHANGE = "Settings"
START = "How to start"
REFRESH = "Refresh"
AS_OF = "As of {moment}."
UNKNOWN = "Slack does not say at the moment which channels we share. *Refresh* tries again."
