"""A brain before quantization: areas, neurons, synapses as arrays."""
