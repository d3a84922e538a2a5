"""Several processes on one PostgreSQL: kills, and freezes longer than a lease."""
