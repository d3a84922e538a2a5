"""What the workspace holds and how Slack shows it as JSON."""
