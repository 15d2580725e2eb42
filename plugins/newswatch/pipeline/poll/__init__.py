"""The poll stage: which feeds are due, one feed's visit, what is new in its document, its health."""
