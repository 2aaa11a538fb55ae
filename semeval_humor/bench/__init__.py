"""Systems side by side: judges, leaderboards, reports."""
