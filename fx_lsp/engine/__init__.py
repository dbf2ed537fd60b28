"""The engine: source text in, facts out. It knows nothing of the protocol and never runs the user's code."""
