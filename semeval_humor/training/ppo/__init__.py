"""PPO of our own: rewards for texts by any classifier, credit across tokenizers."""
