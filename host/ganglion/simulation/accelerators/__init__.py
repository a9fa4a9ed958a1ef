"""Accelerators: a brain on runtimes and chips that are not ours, held to the same contract.

In:  a QuantizedNetwork.
Out: SPEC.md 2 to 4 as an ONNX graph, as a batch of PyTorch tensors, or as layers of a chip's
     simulator; and a device that `verify` compares with the reference like any other.
Never: calls a runtime exact that has not been compared; imports an optional package before it
       is asked for; takes a brain with a feature that this page's arithmetic does not hold.
"""
