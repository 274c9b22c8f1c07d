"""Which user runs PostgreSQL, which refuses root, and folders that belong to that user alone."""

import os
import pwd
from pathlib import Path

from .services import ServiceError


def service_user(data_dir: Path) -> tuple[int, int] | None:
    """(uid, gid) for PostgreSQL when we are root; None otherwise: it runs as ourselves.

    In this order: whoever owns the database already; whoever owns DATA_DIR, so that this person can later
    work without root; `daemon`, the account that Unix keeps for services that write files. No account is
    made for it, and no folder is opened: see `keeper.demote`.
    """
    if os.geteuid() != 0:
        return None
    for folder in (data_dir / "postgres", data_dir, data_dir.parent):
        if folder.exists() and (status := folder.stat()).st_uid != 0 and _account(status.st_uid):
            return status.st_uid, status.st_gid
    for name in ("daemon", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    raise ServiceError("PostgreSQL does not run as root and there is no user `daemon`: start as another user")


def _account(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def allowed_accounts(user: tuple[int, int] | None) -> list[str]:
    """Accounts that may connect to the database: its own, ours, and root, who may anyway."""
    uids = {0, os.geteuid()} | ({user[0]} if user else set())
    return sorted(name for uid in uids if (name := _account(uid)))


def private_folder(path: Path, user: tuple[int, int] | None) -> None:
    """Makes a folder that only this user may enter, or refuses one that somebody else has put there."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    own = user[0] if user else os.geteuid()
    if path.is_symlink() or status.st_uid not in (own, os.geteuid()):
        owner = _account(status.st_uid) or status.st_uid
        raise ServiceError(f"{path} belongs to {owner}: start as that user or as root, or remove it")
    path.chmod(0o700)
    if user:
        os.chown(path, *user)
