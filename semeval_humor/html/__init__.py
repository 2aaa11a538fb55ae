"""The one writer of pages of HTML: frame, tables, quoted jokes, charts."""
