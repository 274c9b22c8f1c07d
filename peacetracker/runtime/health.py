"""Asks the web server after its health. As a program (in a container): `python health.py [PORT]`.

Standard library alone, and run by its path it loads nothing of ours, so that asking often costs little.
"""

import http.client
import os
import sys


def ask(host: str, port: int, allowed: str) -> int | None:
    """The status of /healthz, or None when nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        # As a proxy in front would ask, so that neither the host nor the scheme is refused.
        connection.request("GET", "/healthz", headers={"Host": allowed, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def allowed_host(allowed: list[str], host: str) -> str:
    """A Host header that the site accepts."""
    if not allowed or "*" in allowed or host in allowed:
        return host
    return allowed[0].lstrip(".")


def main() -> int:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    names = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()]
    status = ask("127.0.0.1", port, allowed_host(names, "127.0.0.1"))
    print(status or "no answer")
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
