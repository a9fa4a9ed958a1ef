"""Signature: who vouches for a brain (SPEC.md 5.10), and whether it is so.

In:  a blob, signed or not; the files of a key.
Out: the blob signed; or nothing, where a signature is the one that a key makes.
Never: keeps a private key, or needs `cryptography` for anything but making keys and signatures.
"""

import base64
import binascii
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BlobError, KeyFileError, ToolError
from ..files import check_output
from .container import SIGNATURE, sections, split

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PRIVATE, PUBLIC = ".key", ".pub"
PINNED = "pinned.key"  # the file on a board
_EXPONENT = 65537
_HEAD = bytes.fromhex("00 01" + 330 * "ff" + "00 3031300d060960864801650304020105000420")
# The X.509 SubjectPublicKeyInfo of an RSA key of 3072 bits with this exponent has one form (DER).
_INFO = bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100")
_END = bytes.fromhex("0203010001")
_FRAME = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
NEW = "make a pair with `ganglion keygen`"


def generate(stem: Path) -> tuple[Path, Path]:
    """A new pair: STEM.key, which only its owner can read, and STEM.pub."""
    _need_cryptography()
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if stem.name in ("", ".."):
        check_output(stem)
    private, public = (stem.with_name(stem.name + end) for end in (PRIVATE, PUBLIC))
    for path in (private, public):
        if os.path.lexists(path):
            raise KeyFileError(
                f"{path} is there already", "a board knows it: give the new pair another name"
            )
        check_output(path)
    key = rsa.generate_private_key(_EXPONENT, 8 * SIGNATURE)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    info = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _create(public, info, 0o644)
    try:
        _create(private, secret, 0o600)
    except KeyFileError:
        with suppress(OSError):
            public.unlink()
        raise
    return private, public


def sign(blob: bytes, key: Path) -> bytes:
    """The blob with the signature of a private key, in place of what it had. Deterministic."""
    sections(blob)
    blob, _ = split(blob)
    return blob + _sign(blob[:-32], _private(key))


def read_public(path: Path) -> bytes:
    """The public key in a file, as a board keeps it: the modulus, 384 bytes."""
    lines = _read(path).decode("ascii", "replace").split()
    text = " ".join(lines)
    info = b""
    if text.startswith(_FRAME[0]) and text.endswith(_FRAME[1]):
        with suppress(binascii.Error, ValueError):
            body = text[len(_FRAME[0]) : -len(_FRAME[1])].replace(" ", "")
            info = base64.b64decode(body, validate=True)
    key = info[len(_INFO) : -len(_END)]
    if info != _INFO + key + _END or len(key) != SIGNATURE or not key[0] & 0x80:
        raise KeyFileError(f"{path} is no public RSA key of 3072 bits in PEM", NEW)
    return key


def check(blob: bytes, key: bytes) -> None:
    """Raises BlobError unless the blob is signed by `key`, as a board that has pinned it would."""
    sections(blob)
    signed, signature = split(blob)
    if not signature:
        raise BlobError("the blob is not signed", "sign it with `ganglion sign`")
    n, s = (int.from_bytes(number, "big") for number in (key, signature))
    if s >= n or pow(s, _EXPONENT, n) != int.from_bytes(_HEAD + signed[-32:], "big"):
        raise BlobError(
            "the blob is not signed by this key: by another, or the signature was altered",
            "sign it with the private key that belongs to this one",
        )


def _sign(message: bytes, key: "RSAPrivateKey") -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return key.sign(message, PKCS1v15(), SHA256())


def _private(path: Path) -> "RSAPrivateKey":
    _need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyFileError(f"others than you can read {path}", f"`chmod 600 {path}`")
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # not PEM, or locked by a password
    if (
        not isinstance(key, RSAPrivateKey)
        or key.key_size != 8 * SIGNATURE
        or key.public_key().public_numbers().e != _EXPONENT
    ):
        raise KeyFileError(f"{path} is no private RSA key of 3072 bits in PEM", NEW)
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read ({error.strerror})", NEW) from None


def _create(path: Path, data: bytes, mode: int) -> None:
    """A file that was not there, never readable for more than `mode` says."""
    made = False
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        made = True
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        if made:
            with suppress(OSError):
                path.unlink()
        raise KeyFileError(
            f"{path} cannot be written ({error.strerror})", "name a place that can"
        ) from None


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ModuleNotFoundError:
        raise ToolError(
            "keys and signatures need cryptography, which is not installed",
            "`pip install 'ganglion[sign]'`",
        ) from None
