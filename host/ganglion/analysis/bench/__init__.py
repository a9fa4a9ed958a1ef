"""What a burst costs: instructions, counted in an emulator."""
