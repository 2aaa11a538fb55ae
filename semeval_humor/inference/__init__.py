"""Jokes from models: prompts to engines, every completion journaled, one chosen for each row."""
