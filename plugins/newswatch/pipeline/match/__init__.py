"""The match stage: items from the stream, the rules they satisfy, and where each alert goes."""
