"""What can be said about one text by looking at it: pure functions from strings to facts."""
