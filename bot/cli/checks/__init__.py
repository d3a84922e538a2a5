"""What `threadscribe doctor` checks: this machine, the services, Slack, and with `--probe` a channel of yours."""
