"""The battery's voltage through a divider, 0..65535. params: pin."""

from .analog import Driver  # noqa: F401
