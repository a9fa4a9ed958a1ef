"""Ganglion: what runs a brain on a board, one package in lib/.

In:  boot.py and main.py, which import guard, heap, server and load from here.
Out: nothing by itself: each module is imported where it is used, since each takes memory.
Never: a name of its own. A robot's owner has the other names of lib/ and of the flash's root.
"""
