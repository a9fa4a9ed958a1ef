"""Boot: the first thing that runs. Gives a person the chance to keep the brain from starting.

In:  a held button, or Ctrl-C within the window of board.json; nothing after a soft reset.
Out: guard.asked, which main.py heeds.
Never: loads a brain, starts the watchdog, or takes longer than the window.
"""

import guard

guard.window()
