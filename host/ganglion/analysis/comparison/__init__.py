"""Two runs side by side, whatever each is: recorded, simulated, on a device."""
