"""The audit chain's head, kept in the user's state folder: a cut-off or rewritten chain shows against it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from mlops_desktop.domain.audit import AuditHead
from mlops_desktop.domain.identifiers import is_sha256
from mlops_desktop.storage.durable import write_bytes

FILE_NAME = "audit_head.json"
_LOCK_SECONDS = 5.0

_log = logging.getLogger(__name__)


def read_head(state_folder: Path) -> AuditHead | None:
    """The kept head; None where there is none, or what is there is no head."""
    try:
        plain = json.loads((state_folder / FILE_NAME).read_text(encoding="ascii"))
        head = AuditHead(seq=int(plain["seq"]), hash=str(plain["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return head if head.seq > 0 and is_sha256(head.hash) else None


def keep_head(state_folder: Path, head: AuditHead) -> None:
    """Keeps `head` unless a later one is kept already.

    The decision itself is committed by now. So a head that cannot be written is logged, never raised: the next
    decision brings it up to date.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(state_folder / f"{FILE_NAME}.lock", timeout=_LOCK_SECONDS, poll_interval=0.005):
            kept = read_head(state_folder)
            if kept is None or kept.seq < head.seq:
                content = json.dumps({"seq": head.seq, "hash": head.hash}).encode("ascii")
                write_bytes(state_folder / FILE_NAME, content, mode=0o600)
    except (OSError, Timeout) as error:
        _log.warning("the audit head was not kept outside the registry: %s", error)


def forget_head(state_folder: Path) -> None:
    """After a registry was put back on purpose: the next decision is the one that counts from then on."""
    (state_folder / FILE_NAME).unlink(missing_ok=True)
