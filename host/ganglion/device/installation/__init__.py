"""Firmware and brains onto boards: flash and deploy."""
