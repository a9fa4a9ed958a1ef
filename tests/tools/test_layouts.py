"""tools/layouts.py: the table of images and chips."""

from tools.layouts import rows


def test_each_image_has_a_place_for_files_or_a_refusal_on_each_chip():
    table = "\n".join(rows())
    assert "| 1.28 | 4MiBplus | 0x200000, 2,048 KiB | 0x200000, 6,144 KiB | " in table
    assert "| 1.25 | 8MiB | refused: for a flash of 8 MB, and the chip has 4 MB | " in table
