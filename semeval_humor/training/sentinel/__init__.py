"""Watches a training by what the policy writes: samples, signals, limits, alarms."""
