"""Tools to run, show and test newswatch with nothing but this checkout: a Slack simulator, a news site."""
