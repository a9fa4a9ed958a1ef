"""Ganglion: a spiking brain, compiled to integers, run on an ESP32, and proved equal.

genome.json -> Genome -> Connectome -> QuantizedNetwork -> blob (.gbn) -> board
"""

__version__ = "0.1.0"
