"""What a set of jokes is like, in numbers: functions from texts to a Score, one file per subject.

Two kinds of measures have two kinds of intervals. The mean of a value that each text has for
itself is resampled row by row. A measure of the set, such as the share of different n-grams, would
see every row that is drawn twice as a repetition, so it is measured again on random halves.
"""
