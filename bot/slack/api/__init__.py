"""Slack's Web API, Socket Mode and files: the only place that calls Slack."""
