"""A matrix of runs: every combination of brains, stimuli, seeds, widths and devices, once each."""
