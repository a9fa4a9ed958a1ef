"""What went over a link, in a file (SPEC.md 8), and the runs in it."""
