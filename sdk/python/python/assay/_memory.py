"""Memory of agents, over the daemon of `assay memory serve`."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._errors import AssayError, MachineError, NetworkError, NotVerified, Timeout, UsageError

URL = "http://127.0.0.1:9985"
"""Where the daemon is if nobody says otherwise."""
TIMEOUT = 150.0
"""Seconds that an answer may take. A write that waits for a finalized block is answered by the daemon within 120 s."""
PAGE = 1_000
"""Memories of a page, which is the most that the daemon gives."""


@dataclass(frozen=True)
class Remembered:
    """A memory. `status` is `local` on the daemon's disk, `committed` under a signed head, or `final` on the chain."""

    id: str
    text: str
    status: str
    user: str | None
    agent: str | None
    run: str | None
    app: str | None
    role: str
    categories: tuple[str, ...]
    metadata: Mapping[str, Any]
    created_at: str
    updated_at: str
    version: int
    score: float | None = None
    """How well it fits the query, from 0 to 1; None where nothing was searched."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All that the daemon says of it."""


class Recall(Sequence[Remembered]):
    """The memories that fit a query best, the best first."""

    def __init__(self, memories: Sequence[Remembered], receipt: bytes | None) -> None:
        self._memories = list(memories)
        self.receipt = receipt
        """With `proof=True`: the proof for `assay memory verify` that nothing was changed and nothing better was left out."""

    def __len__(self) -> int:
        return len(self._memories)

    def __getitem__(self, index: Any) -> Any:
        return self._memories[index]

    def __repr__(self) -> str:
        return f"Recall({self._memories!r})"


class Memory:
    """A space of memories, as the API key of an agent opens it: `assay memory grant NAME` makes one, and `$ASSAY_MEMORY_KEY` holds it.

    `user`, `agent`, `run` and `app` are whose memories are written and read, unless a call names others.
    """

    def __init__(
        self,
        key: str | None = None,
        url: str | None = None,
        *,
        user: str | None = None,
        agent: str | None = None,
        run: str | None = None,
        app: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        key = key or os.environ.get("ASSAY_MEMORY_KEY")
        if not key:
            raise UsageError("an API key is missing: `assay memory grant NAME` makes one, for `key=` or $ASSAY_MEMORY_KEY")
        self._key, self._timeout = key, timeout
        self._url = (url or os.environ.get("ASSAY_MEMORY_URL") or URL).rstrip("/")
        self._scope = _scope(user, agent, run, app)

    def __repr__(self) -> str:
        return f"Memory({self._url!r}, {', '.join(f'{name}={value!r}' for name, value in self._scope.items())})"

    def add(
        self,
        text: str | Sequence[Mapping[str, Any]],
        *,
        metadata: Mapping[str, Any] | None = None,
        categories: Sequence[str] = (),
        supersedes: str | None = None,
        derived_from: Sequence[str] = (),
        wait: bool = False,
        **whose: str | None,
    ) -> list[Remembered]:
        """Remembers a text, or each of some messages `{"role": ..., "content": ...}`. It is on the daemon's disk when this returns; with `wait` it
        is in a finalized block, or `Timeout` says what that waits for. `whose` is `user=`, `agent=`, `run=` or `app=`."""
        body = {
            **self._whose(whose),
            "messages": text if isinstance(text, str) else list(text),
            "metadata": metadata,
            "categories": list(categories),
            "supersedes": supersedes,
            "derived_from": list(derived_from),
            "infer": False,
        }
        answer = self._ask("POST", "/v3/memories/add/", body, wait)
        return [_remembered(memory) for memory in answer["results"]]

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        filters: Mapping[str, Any] | None = None,
        as_of: int | str | None = None,
        proof: bool = False,
        **whose: str | None,
    ) -> Recall:
        """The memories that fit best. `filters` are mem0's; `as_of` is a commit or a time."""
        body = {**self._whose(whose), "query": query, "top_k": k, "filters": filters, "as_of": as_of, "proof": proof}
        answer = self._ask("POST", "/v3/memories/search/", body)
        receipt = bytes.fromhex(answer["proof"]["receipt"].removeprefix("0x")) if proof else None
        return Recall([_remembered(memory) for memory in answer["results"]], receipt)

    def all(self, *, filters: Mapping[str, Any] | None = None, **whose: str | None) -> Iterator[Remembered]:
        """All memories, the newest first."""
        body = {**self._whose(whose), "filters": filters, "page_size": PAGE}
        page: int | None = 1
        while page:
            answer = self._ask("POST", "/v3/memories/", {**body, "page": page})
            yield from map(_remembered, answer["results"])
            page = page + 1 if answer["next"] else None

    def get(self, id: str) -> Remembered:
        """One memory."""
        return _remembered(self._ask("GET", f"/v1/memories/{_part(id)}"))

    def update(self, id: str, text: str, *, metadata: Mapping[str, Any] | None = None, wait: bool = False) -> Remembered:
        """Writes a new version. The old one stays in the history."""
        return _remembered(self._ask("PATCH", f"/v1/memories/{_part(id)}", {"text": text, "metadata": metadata}, wait))

    def history(self, id: str) -> list[dict[str, Any]]:
        """All versions of a memory, as the daemon has them."""
        return self._ask("GET", f"/v1/memories/{_part(id)}/history")

    def delete(self, id: str, *, cascade: bool = False, wait: bool = False) -> dict[str, Any]:
        """Deletes a memory, all its versions, and what is derived from it with `cascade`. The answer says what that has reached."""
        return self._ask("DELETE", f"/v1/memories/{_part(id)}", {"cascade": cascade}, wait)

    def verify(self, receipt: bytes) -> dict[str, Any]:
        """The statement that a receipt proves, against the state that the daemon has. Raises `NotVerified` where it proves nothing."""
        return self._ask("POST", "/v1/verify", {"receipt": receipt.hex()})

    def status(self) -> dict[str, Any]:
        """The state of the space: its memories, the commit up to which the chain has it, and the reason that the rest waits for."""
        return self._ask("GET", "/v1/status")

    def _runs(self) -> list[str]:
        """Runs that there are memories of."""
        found = self._ask("GET", "/v1/entities/")["results"]
        return [entity["name"] for entity in found if entity["type"] == "run"]

    def _whose(self, whose: Mapping[str, str | None]) -> dict[str, str]:
        unknown = set(whose) - {"user", "agent", "run", "app"}
        if unknown:
            raise UsageError(f"`{min(unknown)}` is no option: memories are of a `user`, an `agent`, a `run` or an `app`")
        return {**self._scope, **_scope(**whose)}

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, wait: bool = False) -> Any:
        data = None if body is None else json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        headers = {"X-API-Key": self._key, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path + ("?wait=final" if wait else ""), data, headers, method=method)
        try:
            # A proxy is not for addresses on this machine.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=self._timeout) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except TimeoutError as error:
            raise Timeout(f"{self._url} has not answered within {self._timeout} s") from error
        except (OSError, ValueError) as error:
            raise NetworkError(f"no daemon of memory answers at {self._url}: start it with `assay memory serve` ({error})") from error
        if wait and not found["final"]:
            raise Timeout(f"it is written, and no finalized block has it yet: the daemon waits: {found['waits_for']}")
        return found


def _scope(user: str | None = None, agent: str | None = None, run: str | None = None, app: str | None = None) -> dict[str, str]:
    parts = {"user_id": user, "agent_id": agent, "run_id": run, "app_id": app}
    return {name: part for name, part in parts.items() if part is not None}


def _part(id: str) -> str:
    if not id:
        raise UsageError("the id of a memory is missing: `add` and `search` give it")
    return urllib.parse.quote(id, safe="")


def _refused(error: urllib.error.HTTPError) -> AssayError:
    try:
        said = json.load(error)
        text, reason = said["error"], said["reason"]
    except (ValueError, KeyError, TypeError):
        return NetworkError(f"{error.url} answers with {error.code}, and not as a daemon of memory does")
    if reason == "NotVerified":
        return NotVerified(text)
    return MachineError(text) if error.code >= 500 and error.code != 501 else UsageError(text)


def _remembered(memory: Mapping[str, Any]) -> Remembered:
    return Remembered(
        id=memory["id"],
        text=memory["memory"],
        status=memory["status"],
        user=memory["user_id"],
        agent=memory["agent_id"],
        run=memory["run_id"],
        app=memory["app_id"],
        role=memory["role"],
        categories=tuple(memory["categories"]),
        metadata=memory["metadata"] or {},
        created_at=memory["created_at"],
        updated_at=memory["updated_at"],
        version=memory["version"],
        score=memory.get("score"),
        raw=memory,
    )
