"""The process that reads HDF5 files: `python -m ganglion.frontends.nir.hdf5 PATH…`.

In:  paths of files.
Out: on stdout, pickled, of each: its RawGraph, or the fact and the remedy of a refusal.
Never: runs in the process of a user: HDF5 may crash or hang on damaged bytes.
"""

import pickle
import sys
from pathlib import Path

from .file import read_here

if __name__ == "__main__":
    for path in sys.argv[1:]:
        sys.stdout.buffer.write(pickle.dumps(read_here(Path(path))))
        sys.stdout.flush()
