"""The exceptions: one class for each kind of the library's table, which the exit codes of the command line come from."""

from __future__ import annotations

import re

from . import _native

_CODES = {name: code for name, code, _ in _native.KINDS}


class AssayError(Exception):
    """Something was not done. `code` is the exit code of the command line for it, `request` the request that was made before."""

    kind = "usage"
    code: int
    request: int | None = None

    def __init_subclass__(cls) -> None:
        cls.code = _CODES[cls.kind]


class UsageError(AssayError, ValueError):
    """A file, a model, an account or a request could not be used as asked."""

    kind = "usage"


class RunFailed(AssayError):
    """The run ended without an output, as it does on every honest machine. `reason` is the word of the chain."""

    kind = "failed"
    reason: str = ""


class MachineError(AssayError):
    """This machine could not do it; another may."""

    kind = "machine"


class OtherBits(AssayError):
    """This machine computes other bits than the network."""

    kind = "other-bits"


class NetworkError(AssayError):
    """No node answers, or it answers with an error."""

    kind = "network"


class Refused(AssayError):
    """The chain does not take it, or the account or the budget cannot pay for it."""

    kind = "refused"


class NotVerified(AssayError):
    """The given data is not what the chain made final. There is no output."""

    kind = "not-verified"


class UnknownChain(AssayError):
    """The chain is another one than this version was written for."""

    kind = "unknown-chain"


class NoAnswer(AssayError):
    """The network did not decide: the request expired, or the model was rejected."""

    kind = "no-answer"


class Timeout(AssayError, TimeoutError):
    """The time that was given is over. A request that was made goes on: `request` names it, `net.resume` gets its answer."""

    kind = "timeout"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. A request that was made goes on: `request` names it, `net.resume` gets its answer."""

    kind = "interrupted"
    code = _CODES["interrupted"]
    request: int | None = None


AssayError.code = _CODES[AssayError.kind]

CLASSES: dict[str, type[AssayError] | type[Interrupted]] = {
    cls.kind: cls
    for cls in (
        UsageError,
        RunFailed,
        MachineError,
        OtherBits,
        NetworkError,
        Refused,
        NotVerified,
        UnknownChain,
        NoAnswer,
        Timeout,
        Interrupted,
    )
}

# Commands that the library names, and what they are here.
_COMMANDS = [
    (r"`assay requests show (\d+) --output FILE`", r"`net.resume(\1)`"),
    (r"`assay requests ls` and `assay models ls`", "`net.requests()` and `net.models()`"),
    (r"`assay models ls`", "`net.models()`"),
    (r"`assay receipt (\d+)`", r"`net.receipt(\1)`"),
    (r"`assay inspect`", "`assay.inspect`"),
    (r"`assay run`", "`assay.run`"),
]
# Options of the command line that are switches, which take a value here.
_SWITCHES = {"fast": "fast=True", "accept-old-checkpoint": "accept_old_checkpoint=True", "model-file": "file="}


def _in_python(text: str) -> str:
    """The library names commands and options as the command line has them; here they are functions and arguments."""
    for command, function in _COMMANDS:
        text = re.sub(command, function, text)
    return re.sub(r"--([a-z][a-z-]*)", lambda found: f"`{_SWITCHES.get(found[1], found[1].replace('-', '_') + '=')}`", text)


def of_kind(kind: str, text: str, request: int | None, reason: str | None) -> BaseException:
    """The exception of a kind."""
    error = CLASSES[kind](_in_python(text))
    error.request = request
    if isinstance(error, RunFailed):
        error.reason = reason or ""
    return error
