"""Progress: how far something long is, and what is worth saying meanwhile.

In:  from whoever works: a title and how much there is to do; how much of it is done; sentences.
Out: calls of what whoever watches has given; nothing where nobody watches.
Never: writes to a screen itself.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

__all__ = ["Progress", "Tell", "silent", "unheard"]

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""(what is being done, of how many; 0: its end cannot be told): in its `with` block a function
that is told how many are done."""
Tell = Callable[[str], None]
"""Takes a sentence. It may raise, and then that ends the work."""


def silent(title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
    """A Progress that nobody watches."""
    return nullcontext(lambda done: None)


def unheard(sentence: str) -> None:
    """A Tell that nobody hears."""
