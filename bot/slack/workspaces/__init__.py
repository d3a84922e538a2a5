"""Several workspaces: installed by OAuth, each with its own adapter and its own token; what comes in finds its own."""
