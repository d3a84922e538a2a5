"""The seams: what the engine asks of Slack, of a provider, of the audio tools, of the store and of time.

Adapters implement these Protocols; only `bot.app` names concrete ones.
"""
