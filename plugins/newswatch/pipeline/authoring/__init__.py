"""What editors of the watchlist use: editing, history, backtests, trying a text, previews, mutes."""
