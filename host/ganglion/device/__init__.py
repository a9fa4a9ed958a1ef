"""A device that runs a brain: a board, the virtual one, an emulated one; what is put on it."""
