"""Puts firmware/ and boards/ into the wheel, so that an installed copy needs no checkout.

Everything else is in pyproject.toml.
"""

from pathlib import Path

from setuptools import find_namespace_packages, setup

FIRMWARE = sorted(
    path.relative_to("firmware").as_posix()
    for path in Path("firmware").rglob("*")
    if path.is_dir() and path.name != "__pycache__"
)

setup(
    packages=[
        *find_namespace_packages("host"),
        "ganglion._boards",
        "ganglion._firmware",
        *("ganglion._firmware." + folder.replace("/", ".") for folder in FIRMWARE),
    ],
    package_dir={
        "": "host",
        "ganglion._boards": "boards",
        "ganglion._firmware": "firmware",
    },
    package_data={
        "ganglion._boards": ["*.toml"],
        "ganglion": ["py.typed"],
        "ganglion.examples": ["*.json", "*.toml", "*.xml"],
        "ganglion.monitor.web.assets": ["*"],
    },
)
