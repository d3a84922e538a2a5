"""What Slack allows: tokens and scopes, limits of texts and blocks, rates, refusals by name."""
