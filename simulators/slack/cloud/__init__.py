"""Slack as several workspaces meet it: one address for all, OAuth, tokens that end, an organisation.

The token of a call says which workspace it is for. What a workspace itself does is in the simulator's other folders;
here is what lies in front of them.
"""
