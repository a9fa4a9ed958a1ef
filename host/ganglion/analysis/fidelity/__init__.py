"""How far integers are from float32, and why."""
