"""Submission files and archives: what is in them, what is wrong with them, how one is made."""
