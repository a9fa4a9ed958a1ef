"""Bytes to frames to messages (SPEC.md 7), and one device at the other end."""
