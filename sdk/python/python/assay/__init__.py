"""Assay: AI models that a network of validators runs, and answers that were verified before the call returned.

    net = assay.connect("ws://127.0.0.1:9944", genesis="0x...")
    answer = net.model("dave/double")(x=[1, 2, 3], account=assay.Account.open())
    answer["y"], answer.votes

There is no way to have an output that is not verified: a call returns one, or raises `NotVerified` or another `AssayError`. `assay.run`
computes the network's bits on this machine, `assay.verify` verifies a receipt without any connection, and `assay.aio` has the same names
as coroutines. `assay.Memory` is what an agent remembers, over the daemon of `assay memory serve`.
"""

from __future__ import annotations

from . import _native
from ._errors import (
    AssayError,
    Interrupted,
    MachineError,
    NetworkError,
    NoAnswer,
    NotVerified,
    OtherBits,
    Refused,
    RunFailed,
    Timeout,
    UnknownChain,
    UsageError,
)
from ._local import Inspected, LocalResult
from ._memory import Memory, Recall, Remembered
from ._network import Account, Budget
from ._results import Claim, Receipt, Result, verify
from ._session import InferenceSession
from ._sync import Job, Model, Network, connect, inspect, run, selftest
from ._tensors import Port

__version__ = _native.VERSION

__all__ = [
    "Account",
    "AssayError",
    "Budget",
    "Claim",
    "InferenceSession",
    "Inspected",
    "Interrupted",
    "Job",
    "LocalResult",
    "MachineError",
    "Memory",
    "Model",
    "Network",
    "NetworkError",
    "NoAnswer",
    "NotVerified",
    "OtherBits",
    "Port",
    "Recall",
    "Receipt",
    "Refused",
    "Remembered",
    "Result",
    "RunFailed",
    "Timeout",
    "UnknownChain",
    "UsageError",
    "connect",
    "inspect",
    "run",
    "selftest",
    "verify",
]
