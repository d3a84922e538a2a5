"""Local stand-ins for Slack and for the speech-to-text providers; nothing here imports the bot."""
