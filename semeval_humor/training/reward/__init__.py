"""Training of the humour classifier."""
