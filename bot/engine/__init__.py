"""The engine: lanes claim jobs, steps move them on, budgets pace the calls. It knows ports, never adapters."""
