"""Slack's Web API, one module for each family of methods."""
