"""Signature: whether a brain was signed with the key that this board has pinned (SPEC.md 5.10).

In:  the SHA-256 of a blob, the bytes that follow it, and the file pinned.key.
Out: the pinned key, or None where none is; true for the one signature that is right.
Never: takes a signature apart: the only block that can be right is built, and compared.
"""

from micropython import const

SIZE = const(384)  # bytes of a signature, and of a key
_FILE = const("pinned.key")
_ENOENT = const(2)
_HEAD = b"\0\1" + b"\xff" * 330 + b"\0"
_SHA256 = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\0\x04\x20"


def pinned():
    """The key; of a wrong length if the file is damaged, so that nothing is signed by it."""
    try:
        with open(_FILE, "rb") as file:
            return file.read(SIZE + 1)
    except OSError as error:
        if error.errno != _ENOENT:
            raise
    return None


def is_signed(digest, signature, key):
    if len(key) != SIZE or len(signature) != SIZE:
        return False
    n = int.from_bytes(key, "big")
    s = int.from_bytes(signature, "big")
    return s < n and pow(s, 65537, n) == int.from_bytes(_HEAD + _SHA256 + digest, "big")
