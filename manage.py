#!/usr/bin/env python
"""Peacetracker's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peacetracker.settings")
    from peacetracker.runtime.commandline import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
