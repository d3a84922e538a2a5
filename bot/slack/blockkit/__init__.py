"""Block Kit: builders of blocks and modals, Slack's limits, escaping."""
