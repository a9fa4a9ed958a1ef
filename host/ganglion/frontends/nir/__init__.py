"""NIR: spiking networks that snnTorch, Norse, SpikingJelly, sinabs, Rockpool or Spyx trained.

In:  a `.nir` file, and the facts that such a file does not hold.
Out: a Model that fires as its tool does; for each node a verdict.
Never: guesses what a file leaves open.
"""
