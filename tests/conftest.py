import os

import hypothesis

# No test may reach a model hub; set before any test imports a library that reads it.
os.environ["HF_HUB_OFFLINE"] = "1"

# No timing decides a test: a machine may have other work.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
