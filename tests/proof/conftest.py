"""Profiles of the proof: short for every run, long for ``make proof``, without shrinking for defects."""

import os

from hypothesis import HealthCheck, Phase, settings

_COMMON = {
    "deadline": None,  # no timed assertions
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}

settings.register_profile("default", max_examples=40, derandomize=True, **_COMMON)
settings.register_profile("proof", max_examples=3000, **_COMMON)
# with --hypothesis-seed: a run of minutes that can be repeated
settings.register_profile("seeded", max_examples=400, **_COMMON)
# a defect need not be made small to be caught
settings.register_profile(
    "mutants", max_examples=150, derandomize=True, phases=(Phase.generate,), **_COMMON
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
