"""The tests that need Xtensa's emulator, a Debian package."""

import pytest

from ganglion.analysis.bench import xtensa

MISSING = f"{xtensa.PROGRAM} is not here, so no Xtensa code is run: {xtensa.MISSING}"
needs_xtensa = pytest.mark.skipif(not xtensa.available(), reason=MISSING)
