"""The deliver stage: messages from the outbox to Slack, and what became of each."""
