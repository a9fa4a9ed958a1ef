"""A run as pictures: rasters, rates, intervals, burst times, potentials."""
