"""Measures of what people and strangers meet: acknowledgements, buttons, commands, replies, the port."""
