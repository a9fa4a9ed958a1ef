"""What a burst computes (SPEC.md 2 to 4): the normative integers, FEAGI's floats, the stimulus."""
