"""The settings modal of a channel."""
