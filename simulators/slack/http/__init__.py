"""Routes beside the Web API, and what every request passes."""
