"""Slack as an adapter: what comes in (intake, commands, actions, catch-up) and what goes out (status, replies)."""
