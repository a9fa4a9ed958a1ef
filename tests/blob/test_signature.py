"""signature.py on both sides: a board that has pinned a key runs nothing else."""

import functools
import hashlib
import json
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ganglion.blob import signature
from ganglion.blob.container import SIGNATURE, brain_id, decode, encode, split
from ganglion.blob.signature import check, generate, read_public, sign
from ganglion.boards.board import load_board
from ganglion.boards.image import pinned_files
from ganglion.cli.commands.flash import command as flash_command
from ganglion.compiler import Brain
from ganglion.device.installation.flash import plan
from ganglion.device.open import open_device
from ganglion.errors import BlobError, GanglionError, KeyFileError
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import Type
from ganglion.link.messages import Doing
from tests.support.command import ganglion_in
from tests.support.images import MB, plain
from tests.support.images import image as image_of

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
NEW = "make a pair with `ganglion keygen`"
REFUSED = (
    "the device refused PUT_END: the blob is not signed by the pinned key; "
    "sign it with the key that the board knows"
)


@pytest.fixture(scope="session")
def keys(tmp_path_factory) -> list[tuple[Path, Path]]:
    """Two pairs: ours, and somebody else's."""
    place = tmp_path_factory.mktemp("keys")
    return [generate(place / name) for name in ("ours", "theirs")]


def pin(flash: Path, key: bytes) -> None:
    for name, data in pinned_files(key).items():
        (flash / name).write_bytes(data)


def test_a_signed_brain_is_the_same_brain_and_signing_it_again_gives_the_same_bytes(
    small_brain: Brain, keys
):
    (key, public), (other, _) = keys
    signed = sign(small_brain.blob, key)
    assert split(signed) == (small_brain.blob, signed[-SIGNATURE:])
    assert brain_id(signed) == brain_id(small_brain.blob)
    assert encode(decode(signed)) == small_brain.blob
    assert sign(signed, key) == signed
    assert sign(sign(signed, other), key) == signed
    check(signed, read_public(public))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
def test_openssl_says_that_the_signature_is_right(small_brain: Brain, keys, tmp_path):
    key, public = keys[0]
    (tmp_path / "signature").write_bytes(sign(small_brain.blob, key)[-SIGNATURE:])
    (tmp_path / "signed").write_bytes(small_brain.blob[:-32])
    command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", "signature", "signed"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "Verified OK\n"


def test_the_host_tells_an_unsigned_brain_from_one_that_another_key_signed(
    small_brain: Brain, keys
):
    (key, public), (other, _) = keys
    ours = read_public(public)
    altered = bytearray(sign(small_brain.blob, key))
    altered[-1] ^= 1
    for blob, told in (
        (small_brain.blob, "the blob is not signed; sign it with `ganglion sign`"),
        (sign(small_brain.blob, other), "the blob is not signed by this key: by another, or "),
        (bytes(altered), "the blob is not signed by this key: by another, or the signature was "),
    ):
        with pytest.raises(BlobError) as caught:
            check(blob, ours)
        assert str(caught.value).startswith(told)


def test_a_board_that_has_pinned_a_key_runs_nothing_else(small_brain: Brain, keys, tmp_path):
    (key, public), (other, _) = keys
    signed = sign(small_brain.blob, key)
    pin(tmp_path, read_public(public))
    altered = bytearray(signed)
    altered[-200] ^= 16
    with open_device(f"virtual:{tmp_path}") as device:
        for blob in (small_brain.blob, sign(small_brain.blob, other), bytes(altered)):
            with pytest.raises(Refused) as caught:
                device.put(blob)
            assert caught.value.code == Code.SIGNATURE
            assert str(caught.value) == REFUSED
            assert device.hello().doing == Doing.NO_BRAIN
        with pytest.raises(Refused) as caught:
            device.put(signed[:-1])
        assert caught.value.code == Code.SIZE
        assert device.put(signed).brain_id == brain_id(signed)
        with pytest.raises(Refused):
            device.put(small_brain.blob, force=True)
        assert device.hello().brain_id == brain_id(signed)
    with open_device(f"virtual:{tmp_path}") as device:
        assert device.greeting.doing == Doing.READY


def test_a_board_that_has_pinned_a_key_cannot_be_led_round_it_over_the_link(keys, tmp_path):
    pin(tmp_path, read_public(keys[0][1]))
    begin = struct.pack("<I32sI", 1, bytes(32), 0)
    with open_device(f"virtual:{tmp_path}") as device:
        for command, payload in (
            (Type.REPL, b""), (Type.UPDATE, b"\0"), (Type.UPDATE, b"\1"),
            (Type.PUT_BEGIN, begin + b"lib/ganglion/signature.py"),
            (Type.PUT_BEGIN, begin + b"board.json"),
        ):  # fmt: skip
            with pytest.raises(Refused) as caught:
                device.link.command(command, payload)
            assert str(caught.value) == (
                f"the device refused {command.name}: a board that has pinned a key takes no "
                "firmware over the link, and gives no REPL; flash it, or press Ctrl-C while it "
                "starts"
            )
        for name in (b"pinned.key", b"lib/../pinned.key", b"brain.ptr", b"/pinned.key"):
            with pytest.raises(Refused):
                device.link.command(Type.PUT_BEGIN, begin + name)


@pytest.mark.parametrize(
    "name",
    [b"pinned.key", b"lib/../pinned.key", b"/pinned.key", b"brain.a", b"lib/", b"lib/.py", b"\xff"],
)
def test_no_key_comes_over_the_link(device, name):
    begin = struct.pack("<I32sI", SIGNATURE, bytes(32), 0)
    with pytest.raises(Refused) as caught:
        device.link.command(Type.PUT_BEGIN, begin + name)
    assert (caught.value.code, caught.value.detail) == (Code.VALUE, 4)


def test_a_brain_that_was_there_before_the_key_does_not_start(small_brain: Brain, keys, tmp_path):
    _, public = keys[0]
    with open_device(f"virtual:{tmp_path}") as device:
        device.put(small_brain.blob)
    pin(tmp_path, read_public(public))
    with open_device(f"virtual:{tmp_path}") as device:
        assert device.greeting.doing == Doing.NO_BRAIN
        assert device.greeting.fault == Code.SIGNATURE


@pytest.mark.parametrize("kept", [b"", bytes(SIGNATURE), b"\xff" * 383, b"\xff" * 385])
def test_a_damaged_key_lets_nothing_run(small_brain: Brain, keys, tmp_path, kept):
    pin(tmp_path, kept)
    with open_device(f"virtual:{tmp_path}") as device, pytest.raises(Refused) as caught:
        device.put(sign(small_brain.blob, keys[0][0]))
    assert caught.value.code == Code.SIGNATURE


def test_a_board_without_a_key_takes_a_signed_brain(small_brain: Brain, keys, device):
    assert device.put(sign(small_brain.blob, keys[1][0])).doing == Doing.READY


# Run by the real MicroPython: for each case in the file, whether the firmware holds it for signed.
DEVICE = """
from ganglion import signature
told = ""
with open("cases", "rb") as file:
    while True:
        digest = file.read(32)
        if not digest:
            break
        sign, key = file.read(384), file.read(384)
        told += "1" if signature.is_signed(digest, sign, key) else "0"
print(told)
"""


def test_only_the_one_right_signature_is_accepted_and_both_sides_agree(
    small_brain: Brain, keys, micropython, tmp_path
):
    rng = random.Random(SEED)
    signed = sign(small_brain.blob, keys[0][0])
    blob, right = split(signed)
    key = read_public(keys[0][1])
    n, s = int.from_bytes(key, "big"), int.from_bytes(right, "big")
    block = pow(s, 65537, n)

    def number(value: int) -> bytes:
        return value.to_bytes(SIGNATURE, "big")

    wrong = [number(value) for value in (0, 1, n - 1, n, n - s, block, 2**3072 - 1)]
    wrong += [number(s + n)] if s + n < 2**3072 else []
    for _ in range(300):
        altered = bytearray(right)
        altered[rng.randrange(SIGNATURE)] ^= 1 << rng.randrange(8)
        wrong.append(bytes(altered))
    cases = [(blob[-32:], right, key), (bytes(32), right, key)]
    cases += [(blob[-32:], one, key) for one in wrong]
    cases += [(blob[-32:], right, other) for other in (bytes(384), number(1), number(n + 2))]
    (tmp_path / "cases").write_bytes(b"".join(b"".join(case) for case in cases))
    told = micropython(DEVICE, tmp_path).decode().strip()
    assert told == "1" + "0" * (len(cases) - 1), f"GANGLION_SEED={SEED}"
    for one in wrong:
        with pytest.raises(BlobError):
            check(blob + one, key)


def test_a_private_key_is_for_its_owner_alone_and_is_never_replaced(tmp_path):
    private, public = generate(tmp_path / "robot")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes(), public.read_bytes()
    with pytest.raises(KeyFileError) as caught:
        generate(tmp_path / "robot")
    assert str(caught.value) == (
        f"{private} is there already; a board knows it: give the new pair another name"
    )
    private.unlink()
    with pytest.raises(KeyFileError) as caught:
        generate(tmp_path / "robot")
    assert str(caught.value).startswith(f"{public} is there already; ")
    assert public.read_bytes() == before[1]
    with pytest.raises(GanglionError) as caught:
        generate(tmp_path / "nowhere" / "robot")
    assert "cannot be written: there is no directory" in str(caught.value)


def test_a_private_key_that_others_can_read_signs_nothing(small_brain: Brain, keys, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes(keys[0][0].read_bytes())
    key.chmod(0o644)
    with pytest.raises(KeyFileError) as caught:
        sign(small_brain.blob, key)
    assert str(caught.value) == f"others than you can read {key}; `chmod 600 {key}`"


def test_what_is_no_key_of_ours_is_refused(small_brain: Brain, keys, tmp_path):
    file = tmp_path / "file"
    file.touch(0o600)
    small = rsa.generate_private_key(65537, 2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(b"secret")
    form = Encoding.PEM, PrivateFormat.PKCS8
    for data in (
        b"", b"no key", keys[0][1].read_bytes(), small.private_bytes(*form, NoEncryption()),
        curve.private_bytes(*form, NoEncryption()), small.private_bytes(*form, locked),
    ):  # fmt: skip
        file.write_bytes(data)
        with pytest.raises(KeyFileError) as caught:
            sign(small_brain.blob, file)
        assert str(caught.value) == f"{file} is no private RSA key of 3072 bits in PEM; {NEW}"
    info = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ours = keys[0][1].read_bytes()
    for data in (
        b"", b"\xff\xfe", keys[0][0].read_bytes(), small.public_key().public_bytes(*info),
        curve.public_key().public_bytes(*info), ours[:200], ours.replace(b"M", b"N", 1),
    ):  # fmt: skip
        file.write_bytes(data)
        with pytest.raises(KeyFileError) as caught:
            read_public(file)
        assert str(caught.value) == f"{file} is no public RSA key of 3072 bits in PEM; {NEW}"
    with pytest.raises(KeyFileError) as caught:
        read_public(tmp_path / "nothing")
    assert str(caught.value).startswith(f"{tmp_path / 'nothing'} cannot be read (")


def test_without_cryptography_it_is_said_how_to_get_it(small_brain: Brain, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    for do in (lambda: generate(tmp_path / "k"), lambda: sign(small_brain.blob, tmp_path / "k")):
        with pytest.raises(GanglionError) as caught:
            do()
        assert str(caught.value) == (
            "keys and signatures need cryptography, which is not installed; "
            "`pip install 'ganglion[sign]'`"
        )


def test_the_commands_make_a_key_sign_and_check(small_brain: Brain, tmp_path):
    ganglion = functools.partial(ganglion_in, tmp_path)

    (tmp_path / "robot.gbn").write_bytes(small_brain.blob)
    assert ganglion("keygen", "mine").returncode == 0
    told = ganglion("inspect", "robot.gbn", "--key", "mine.pub")
    assert told.stderr == "ganglion: the blob is not signed; sign it with `ganglion sign`\n"
    assert told.returncode == 1
    assert ganglion("sign", "robot.gbn", "mine.key").returncode == 0
    assert (tmp_path / "robot.gbn").read_bytes() == sign(small_brain.blob, tmp_path / "mine.key")
    facts = json.loads(ganglion("inspect", "robot.gbn", "--key", "mine.pub", "--json").stdout)
    assert facts["signed"] is True
    assert facts["blob_bytes"] == len(small_brain.blob) + SIGNATURE


def test_flash_pins_a_key_and_takes_no_brain_that_it_has_not_signed(
    small_brain: Brain, keys, tmp_path, monkeypatch
):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path / "cache"))
    image = tmp_path / "mine.bin"
    image.write_bytes(image_of(plain(0x200000)))
    sha = hashlib.sha256(image.read_bytes()).hexdigest()
    public = read_public(keys[0][1])
    signed = sign(small_brain.blob, keys[0][0])
    made = plan(load_board("esp32"), image, sha, blob=signed, key=public)
    files = made.parts(4 * MB)[1][1].read_bytes()
    assert public in files
    assert signed[-SIGNATURE:] in files
    brain = tmp_path / "robot.gbn"
    brain.write_bytes(small_brain.blob)
    words = [str(brain), "--board", "esp32", "--firmware", str(image), "--sha256", sha]
    with pytest.raises(BlobError) as caught:
        flash_command.main([*words, "--pin", str(keys[0][1]), "--dry-run"], standalone_mode=False)
    assert str(caught.value) == "the blob is not signed; sign it with `ganglion sign`"


def test_the_firmware_and_the_host_name_the_pinned_key_alike():
    from ganglion.boards.programs import firmware_dir

    text = (firmware_dir() / "lib" / "ganglion" / "signature.py").read_text()
    assert f'_FILE = const("{signature.PINNED}")' in text
    assert f"SIZE = const({SIGNATURE})" in text
