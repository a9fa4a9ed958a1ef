"""Load: from the file of a brain to what runs: modules that are forgotten, all at once, after it.

In:  the slots.
Out: a brain whose every index is proven, or why there is none (trial.py).
Never: anything that outlives the start: whoever keeps an object of a class or a function of this
       package keeps the memory of its module.
"""
