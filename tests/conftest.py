import os

# No test may reach a model hub; set before any test imports a library that reads it.
os.environ["HF_HUB_OFFLINE"] = "1"
