"""What comes in: events, mentions, shortcuts, catch-up, deferred work."""
