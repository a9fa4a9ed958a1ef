"""Files of others, each read into a Connectome: FEAGI genomes, traces, synthetic networks."""
