"""Who is funnier: Bradley–Terry ratings of systems from votes, as the organisers compute them."""

from semeval_humor.ratings.rating import Rating, Ratings, ranks, rate, summary
from semeval_humor.ratings.resampling import Resampled, resample

__all__ = ["Rating", "Ratings", "Resampled", "ranks", "rate", "resample", "summary"]
