"""Puts firmware/ and boards/ into the wheel, so that an installed copy needs no checkout.

Everything else is in pyproject.toml.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages("host"),
        "ganglion._boards",
        "ganglion._firmware",
        "ganglion._firmware.lib",
    ],
    package_dir={
        "": "host",
        "ganglion._boards": "boards",
        "ganglion._firmware": "firmware",
        "ganglion._firmware.lib": "firmware/lib",
    },
    package_data={
        "ganglion._boards": ["*.toml"],
        "ganglion": ["py.typed", "genomes/*.json", "web/assets/*"],
    },
)
