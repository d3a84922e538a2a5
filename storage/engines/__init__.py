"""SQLite and PostgreSQL: connections and transactions."""
