"""Stories: which items report the same news."""
