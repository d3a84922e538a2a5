"""The audio tools: what people drop is looked at, spooled and turned into what a provider takes.

Decoders read hostile bytes, so they run in child processes (`child`, `channel`, `wire`); this process only moves
bytes and never imports PyAV. `preparer.AudioPreparer` is the `Preparer` that the engine uses.
"""
