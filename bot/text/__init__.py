"""Words: what people read and take away. Problem sentences, titles, highlights, exports, durations. Pure, no I/O."""
