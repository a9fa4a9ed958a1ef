"""What brains run on: boards as data, what fits them, what their flash holds."""
