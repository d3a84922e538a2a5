"""Threadscribe: audio dropped into Slack comes back as a transcript in its thread."""
