"""The articles stage: web pages of items, for feeds with `article: true`."""
