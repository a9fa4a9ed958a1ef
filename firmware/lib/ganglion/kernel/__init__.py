"""Kernel: the machine code of a burst. Of deliver_* and update_* a brain loads those it needs.

In:  arrays of a Net, whose every index is proven.
Out: the next state.
Never: edit them: tools/make_kernels.py writes all but common.py, from firmware/kernel.
"""
