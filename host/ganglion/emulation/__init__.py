"""Emulation: machine code of viper functions, run and counted off the board."""
