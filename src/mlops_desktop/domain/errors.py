"""Every error a user may meet.

MlopsError
 +- UserError                       shown with what happened, why and what to do; exit code 1
 |   +- InvalidNameError            MD-NAM-001
 |   +- NotFoundError               MD-REF-001   no such dataset, run, model ... (nearest names in the hint)
 |   +- AlreadyExistsError          MD-REF-002
 |   +- InvalidInputError           MD-INP-001   an answer, option or parameter that cannot be used
 |   |   +- FilterError             MD-INP-002   a filter of runs that cannot be understood
 |   |   +- RequestRefusedError     MD-DEP-004   an endpoint refused a request: its status, the field meant
 |   +- UnreadableTableError        MD-DAT-001   a file that cannot be read as a table (line and column named)
 |   +- ExpressionError             MD-DAT-002   a derived column that cannot be understood
 |   +- UnusableTargetError         MD-RUN-001   nothing can be learnt from this target
 |   +- JobFailedError              MD-JOB-001   a job ended with an error of its own
 |   +- JobCancelledError           MD-JOB-002   the person stopped it
 |   +- JobLostError                MD-JOB-003   its process went away without a result
 |   +- CallError                   MD-JOB-004   a worker could not answer a call
 |   +- MemoryCapError              MD-JOB-005   the worker reached its memory cap
 |   +- WorkspaceError              MD-WSP-001   the folder cannot be used as a workspace
 |   |   +- NetworkFolderError      MD-WSP-002   SQLite is not safe on this file system
 |   |   +- NewerRegistryError      MD-WSP-003   made by a newer program
 |   |   +- ReadOnlyWorkspaceError  MD-WSP-007   it can only be looked at
 |   +- BusyRegistryError           MD-WSP-004   another process held the registry too long
 |   +- DiskFullError               MD-WSP-005
 |   +- DamagedRegistryError        MD-WSP-006   the registry file is damaged
 |   +- DamagedArtifactError        MD-ART-001   an artifact is not what its hash says
 |   +- DamagedBundleError          MD-BND-001   a bundle does not match its manifest
 |   +- UntrustedBundleError        MD-BND-002   a bundle holds types outside the allow-list
 |   +- DeploymentError             MD-DEP-001   a rollout step failed; what served before still serves
 |   +- PortInUseError              MD-DEP-002
 |   +- EndpointUnreachableError    MD-DEP-003
 |   +- RolloutCancelledError       MD-DEP-005   a person stopped a rollout before it switched
 |   +- DriftError                  MD-DEP-006   somebody removed or replaced a container by hand
 |   +- HostError                   MD-HST-001   a host cannot be used
 |   |   +- HostUnreachableError    MD-HST-002   no answer: its deployments are unknown, not stopped
 |   |   +- HostRefusedError        MD-HST-003   it does not let this person in
 |   |   +- HostKeyUnknownError     MD-HST-004   its key or authority was not confirmed yet
 |   |   +- HostKeyChangedError     MD-HST-005   its key or authority is not the one that was confirmed
 |   |   +- EngineError             MD-HST-006   no engine there, one too old, or one that refuses
 |   |   +- BaseImageError          MD-HST-007   the base image is not there, or cannot be used
 |   |   +- RegistryError           MD-HST-008   an image registry refuses, or does not answer
 |   +- KeyringUnavailableError     MD-SEC-001   no keyring that may be used, or a locked one
 |   +- ConflictError               MD-EDT-001   somebody else changed it first
 +- BugError                        ours; exit code 3, goes to the log and the crash dialog
"""

from __future__ import annotations

from collections.abc import Mapping


class MlopsError(Exception):
    """A sentence for the user, a hint on what to do, and details for the log.

    `facts` says in plain values what the sentence is about, such as the line of a file, for who looks further.
    """

    code = "MD-BUG-001"

    def __init__(
        self, message: str, *, hint: str = "", details: str = "", facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        self.facts = dict(facts or {})

    def __str__(self) -> str:
        return self.message


class UserError(MlopsError):
    """The user can do something about it."""

    code = "MD-USR-001"


class InvalidNameError(UserError):
    code = "MD-NAM-001"


class NotFoundError(UserError):
    code = "MD-REF-001"


class AlreadyExistsError(UserError):
    code = "MD-REF-002"


class InvalidInputError(UserError):
    code = "MD-INP-001"


class FilterError(InvalidInputError):
    """`at` is the place of what is wrong, `fix` the whole text mended; unfinished while it may still be being typed."""

    code = "MD-INP-002"

    def __init__(
        self,
        message: str,
        *,
        at: int = 0,
        fix: str = "",
        unfinished: bool = False,
        hint: str = "",
        details: str = "",
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.at = at
        self.fix = fix
        self.unfinished = unfinished


class UnreadableTableError(UserError):
    code = "MD-DAT-001"


class ExpressionError(UserError):
    code = "MD-DAT-002"


class UnusableTargetError(UserError):
    code = "MD-RUN-001"


class JobFailedError(UserError):
    code = "MD-JOB-001"


class JobCancelledError(UserError):
    code = "MD-JOB-002"


class JobLostError(UserError):
    code = "MD-JOB-003"


class CallError(UserError):
    code = "MD-JOB-004"


class MemoryCapError(UserError):
    code = "MD-JOB-005"


class WorkspaceError(UserError):
    code = "MD-WSP-001"


class NetworkFolderError(WorkspaceError):
    code = "MD-WSP-002"


class NewerRegistryError(WorkspaceError):
    code = "MD-WSP-003"


class ReadOnlyWorkspaceError(WorkspaceError):
    code = "MD-WSP-007"


class BusyRegistryError(UserError):
    code = "MD-WSP-004"


class DiskFullError(UserError):
    code = "MD-WSP-005"


class DamagedRegistryError(UserError):
    code = "MD-WSP-006"


class DamagedArtifactError(UserError):
    code = "MD-ART-001"


class DamagedBundleError(UserError):
    code = "MD-BND-001"


class UntrustedBundleError(UserError):
    code = "MD-BND-002"


class DeploymentError(UserError):
    code = "MD-DEP-001"


class PortInUseError(UserError):
    code = "MD-DEP-002"


class EndpointUnreachableError(UserError):
    code = "MD-DEP-003"


class RolloutCancelledError(UserError):
    code = "MD-DEP-005"


class DriftError(UserError):
    code = "MD-DEP-006"


class HostError(UserError):
    code = "MD-HST-001"


class HostUnreachableError(HostError):
    code = "MD-HST-002"


class HostRefusedError(HostError):
    code = "MD-HST-003"


class HostKeyUnknownError(HostError):
    """The facts hold `offered` (lines of a known_hosts file) and `fingerprint`."""

    code = "MD-HST-004"


class HostKeyChangedError(HostError):
    """The facts hold `offered`, `fingerprint` and `pinned_fingerprint`."""

    code = "MD-HST-005"


class EngineError(HostError):
    code = "MD-HST-006"


class BaseImageError(HostError):
    code = "MD-HST-007"


class RegistryError(HostError):
    code = "MD-HST-008"


class KeyringUnavailableError(UserError):
    code = "MD-SEC-001"


class RequestRefusedError(InvalidInputError):
    """`status` is the HTTP status, `field` names the column it is about, where the endpoint said so."""

    code = "MD-DEP-004"

    def __init__(self, message: str, *, hint: str = "", details: str = "", status: int = 400, field: str = "") -> None:
        super().__init__(message, hint=hint, details=details)
        self.status = status
        self.field = field


class ConflictError(UserError):
    code = "MD-EDT-001"


class BugError(MlopsError):
    """Something we got wrong."""


def user_errors() -> dict[str, type[UserError]]:
    """Every user error by its code, for turning a message of another process into an error again."""
    found: dict[str, type[UserError]] = {}
    waiting = [UserError]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)  # a room may tell its own kinds of one of these apart
        waiting.extend(kind.__subclasses__())
    return found
