"""The process that reads one HDF5 file: `python -m ganglion.frontends.nir.hdf5 PATH`.

In:  the path of a file.
Out: on stdout, pickled: its RawGraph, or the fact and the remedy of a refusal.
Never: runs in the process of a user: HDF5 may crash or hang on damaged bytes.
"""

import pickle
import sys
from pathlib import Path

from .file import read_here

if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(read_here(Path(sys.argv[1]))))
