"""Sweeps: a plan over numbers, and an executor that runs each unit at once, here."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ganglion.analysis.sweep.file import Plan, plan_of


def plan(place: Path, function: str, count: int = 5, **settings: Any) -> Plan:
    facts = {
        "what": f"functions_of_a_sweep:{function}", "matrix": {"x": list(range(count))},
        "settings": settings,
    }  # fmt: skip
    return plan_of(facts, place)


class Here:
    """An executor that runs a task at once, as the API lets anybody bring one."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, function: Any, /, *arguments: Any) -> "Future[Any]":
        self.count += 1
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        return done
