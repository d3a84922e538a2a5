"""What the bot looks after beside its jobs: the clock, other processes, jobs that nobody serves, old content."""
