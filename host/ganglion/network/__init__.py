"""A brain in integers (SPEC.md 1): populations, classes, synapses, and its overflow proof."""
