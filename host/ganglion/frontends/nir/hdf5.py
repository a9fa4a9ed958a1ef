"""The process that reads HDF5 files: `python -m ganglion.frontends.nir.hdf5 [PATH…]`.

In:  paths of files as words; without any, paths on stdin, in hexadecimal, a line each.
Out: on stdout, pickled, of each: its RawGraph, or the fact and the remedy of a refusal.
Never: runs in the process of a user: HDF5 may crash or hang on damaged bytes; computes on when
       nobody is left to end it.
"""

import os
import pickle
import signal
import sys
from pathlib import Path

from . import file
from .file import read_here

if __name__ == "__main__":
    for path in sys.argv[1:] or (os.fsdecode(bytes.fromhex(line)) for line in sys.stdin):
        if hasattr(signal, "setitimer"):  # not on Windows
            signal.setitimer(signal.ITIMER_PROF, 2 * file.PATIENCE)  # ends the process, even in C
        sys.stdout.buffer.write(pickle.dumps(read_here(Path(path))))
        sys.stdout.flush()
