"""The slash command: status, lists, search, retry, cancel, help."""
