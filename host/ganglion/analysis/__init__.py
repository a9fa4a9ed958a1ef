"""What a brain or two runs mean: fidelity, comparison, cost, one neuron's story, reports."""
