"""What a brain or two runs mean: fidelity, comparison, one neuron's story, reports."""
