"""How the sudden end of a worker is told."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.errors import CallError, JobLostError, MemoryCapError
from mlops_desktop.workers import endings


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (3, "The worker process ended by itself with exit code 3."),
        (-11, "The worker process was ended by signal 11 (SIGSEGV)."),
        (-9, "The worker process was ended by signal 9 (SIGKILL, likely because the system ran out of memory)."),
        (-1000, "The worker process was ended by signal 1000 (unknown)."),
        (None, "The worker process stopped answering and was ended."),
    ],
)
def test_an_exit_code_becomes_a_sentence(code: int | None, sentence: str) -> None:
    error = endings.error_for(code, b"last \xff words", CallError)
    assert type(error) is CallError
    assert error.message == sentence
    assert error.details == "last \N{REPLACEMENT CHARACTER} words"


@pytest.mark.parametrize("word", [b"memory allocation of 8 bytes failed", b"what():  std::bad_alloc"])
def test_want_of_memory_is_recognised_by_the_last_words(word: bytes) -> None:
    assert type(endings.error_for(-6, b"x\n" + word, JobLostError)) is MemoryCapError
