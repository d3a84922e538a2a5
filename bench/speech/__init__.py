"""The speech engine and its data: word error rates, speakers, memory."""
