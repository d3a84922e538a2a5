"""The web routes: Slack's events in HTTP mode, providers' webhooks, audio to fetch, health and metrics."""
