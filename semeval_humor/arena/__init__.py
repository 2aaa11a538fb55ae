"""A page on which people vote for the funnier of two jokes."""
