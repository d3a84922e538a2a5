"""Speaker diarization on this machine: who speaks when, with numpy and onnxruntime alone. Runs in the child.

`weights` reads two published networks out of an installed package, `networks` writes them as ONNX graphs, `regions`
runs them over a block, `clustering` finds the people, `turns` says who speaks when, `labels` gives each word a speaker.
"""
