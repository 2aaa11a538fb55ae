"""From raw corpora to a submission: every stage a command, run one after the other."""
