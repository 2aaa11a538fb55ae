"""Trainers: each reads a config and writes a checkpoint with a receipt."""
