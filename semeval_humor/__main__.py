"""``python -m semeval_humor``."""

from semeval_humor.cli.main import run

if __name__ == "__main__":
    run()
