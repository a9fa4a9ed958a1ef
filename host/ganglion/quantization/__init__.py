"""A connectome to integers (SPEC.md 6): units, populations, synapse classes, and what was lost."""
