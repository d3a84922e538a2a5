"""The local engine: Whisper on this machine, in child processes, block by block.

`provider.LocalProvider` is the seam; `pool` runs children (`engine` is their main module), `weights` finds the model,
`job_files` keeps the audio of waiting jobs, `blocks` cuts, `hearing` asks the model and drops what it made up.
faster-whisper, PyAV and numpy are imported in the children only.
"""
