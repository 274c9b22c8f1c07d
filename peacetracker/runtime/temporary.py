"""Runs a command on a PostgreSQL and a Valkey of its own, which are gone when it ends.

python -m peacetracker.runtime.temporary COMMAND…
"""

import os
import subprocess
import sys

from .embedded import EmbeddedServices
from .services import ServiceError


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with EmbeddedServices() as services:
            urls = {"DATABASE_URL": services.database_url, "CELERY_BROKER_URL": services.broker_url}
            return subprocess.run(command, env=os.environ | urls, check=False).returncode
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
