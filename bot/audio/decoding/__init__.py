"""A recording as sound: decoded, its tracks chosen, its channels mixed, cut where it is quiet. Runs in a child."""
