"""A brain as bytes (SPEC.md 5): a network to a .gbn file and back."""
