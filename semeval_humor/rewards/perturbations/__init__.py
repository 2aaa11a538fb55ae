"""Texts that a reward must not like, made from real jokes by code."""

from semeval_humor.rewards.perturbations.family import GATED, HARD_NEGATIVES, HELD_OUT, Family
from semeval_humor.rewards.perturbations.perturb import perturb
from semeval_humor.rewards.perturbations.prose import simulated_headline

__all__ = ["GATED", "HARD_NEGATIVES", "HELD_OUT", "Family", "perturb", "simulated_headline"]
