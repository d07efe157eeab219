"""What the sudden end of a worker tells: its exit code and its last words as an error for people."""

from __future__ import annotations

import signal

from mlops_desktop.domain.errors import MemoryCapError, UserError

_OUT_OF_MEMORY = (b"memory allocation of", b"std::bad_alloc", b"MemoryError")


def error_for(code: int | None, last_words: bytes, kind: type[UserError]) -> UserError:
    """`kind`, or MemoryCapError where a library said with its last words that it got no more memory."""
    details = last_words.decode("utf-8", "replace")
    if any(sign in last_words for sign in _OUT_OF_MEMORY):
        return MemoryCapError(
            "The worker ended because it got no more memory.",
            hint="Use fewer rows or columns, a smaller model, or raise the memory limit for workers.",
            details=details,
        )
    return kind(
        f"The worker process {_sentence(code)}.",
        hint="Try again. If it happens again, its last words are in the details.",
        details=details,
    )


def _sentence(code: int | None) -> str:
    if code is None:
        return "stopped answering and was ended"
    if code >= 0:
        return f"ended by itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    likely = ", likely because the system ran out of memory" if name == "SIGKILL" else ""
    return f"was ended by signal {-code} ({name}{likely})"
