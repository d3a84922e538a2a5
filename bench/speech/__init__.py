"""The speech engine and its data: word error rates, speakers, memory."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # a measure that loads onnxruntime itself reports to nobody either
