"""granian, whose worker processes die with it.

It leaves them running when it is killed. The keeper ends them then; this is for the case that the keeper
is killed as well. Takes granian's own arguments.
"""

import os
import signal

from granian.cli import entrypoint

from . import keeper


def _die_with_parent() -> None:
    keeper.prctl(keeper.PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    os.register_at_fork(after_in_child=_die_with_parent)
    entrypoint()
