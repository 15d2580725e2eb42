"""Tools to run and test newswatch with only this checkout: a Slack simulator, a news site, a launcher."""
