"""Speech to words in the engine's child: where somebody speaks, in which language, what was said."""
