"""Kernel: the machine code of a burst. Of deliver_* and update_* a brain loads those it needs.

In:  arrays of a Net, whose every index is proven.
Out: the next state.
Never: edit those that end in 16 or 32: tools/make_kernels.py writes them, from firmware/kernel.
"""
