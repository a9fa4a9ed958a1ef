"""Signatures: brains that a board with a pinned key will run.

In:  a .gbn file, keys.
Out: a pair of keys as files; the brain with a signature behind it, in place of any that it had.
Never: signs what this program would not read; replaces a key.
"""

from pathlib import Path

from ..blob.signature import generate as generate_keys
from ..blob.signature import sign
from ..files import check_output, write_bytes

__all__ = ["generate_keys", "sign_file"]


def sign_file(path: Path, key: Path, output: Path | None = None) -> Path:
    """Signs a brain with a private key, in place or as `output`; where it is now.

    Raises BlobError for what is no brain, and what signing raises.
    """
    from ..brains import network_of

    _, blob = network_of(path)
    output = check_output(output or path, inputs=(key,))
    write_bytes(output, sign(blob, key))
    return output
