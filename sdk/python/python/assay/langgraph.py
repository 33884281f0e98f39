"""Memory as the store of LangGraph's agents. `pip install 'assay-network[langgraph]'`.

    store = AssayStore(assay.Memory(user="alice"))
    graph = builder.compile(store=store)

An item is a memory: its text is the value in JSON, its run the namespace. It is ranked by the words of the value, so `index` and embeddings are not
used. An item lives until it is deleted: a `ttl` is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ._errors import UsageError
from ._memory import Memory, Remembered

try:
    from langgraph.store.base import BaseStore, GetOp, Item, ListNamespacesOp, MatchCondition, Op, PutOp, Result, SearchItem, SearchOp
except ImportError as _missing:
    raise ImportError(f"assay.langgraph needs langgraph-checkpoint: pip install 'assay-network[langgraph]' ({_missing})") from _missing

__all__ = ["AssayStore"]

APP = "langgraph"
"""Application of the memories that are items."""
RANKED = 1_000
"""Results that a search looks at, which is the most that a recall gives."""

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda found, asked: found == asked,
    "$ne": lambda found, asked: found != asked,
    "$gt": lambda found, asked: float(found) > float(asked),
    "$gte": lambda found, asked: float(found) >= float(asked),
    "$lt": lambda found, asked: float(found) < float(asked),
    "$lte": lambda found, asked: float(found) <= float(asked),
}


class AssayStore(BaseStore):
    """A store whose items are memories of a space. A value has at most 16 KiB of JSON."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Does operations, one after the other."""
        return [self._do(op) for op in ops]

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """The same beside the event loop."""
        return await asyncio.to_thread(self.batch, list(ops))

    def _do(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            found = self._find(op.namespace, op.key)
            return None if found is None else Item(**_item(found))
        if isinstance(op, PutOp):
            self._put(op)
            return None
        if isinstance(op, SearchOp):
            return self._search(op)
        if isinstance(op, ListNamespacesOp):
            return self._list(op)
        raise UsageError(f"`{type(op).__name__}` is no operation that this version knows")

    def _find(self, namespace: tuple[str, ...], key: str) -> Remembered | None:
        filters = {"metadata": {"key": key}}
        return next(self._memory.all(filters=filters, app=APP, run=_run(namespace)), None)

    def _put(self, op: PutOp) -> None:
        known = self._find(op.namespace, op.key)
        if op.value is None:
            if known is not None:
                self._memory.delete(known.id)
            return
        text = json.dumps(op.value, ensure_ascii=False)
        if known is None:
            self._memory.add(text, metadata={"key": op.key}, app=APP, run=_run(op.namespace))
        else:
            self._memory.update(known.id, text)

    def _search(self, op: SearchOp) -> list[SearchItem]:
        runs = [_run(namespace) for namespace in self._namespaces() if namespace[: len(op.namespace_prefix)] == op.namespace_prefix]
        if not runs:
            return []
        filters = {"run_id": {"in": runs}}
        found: Iterable[Remembered]
        if op.query:
            found = self._memory.search(op.query, RANKED, filters=filters, app=APP)
        else:
            found = self._memory.all(filters=filters, app=APP)
        items = [SearchItem(**_item(memory), score=memory.score) for memory in found]
        kept = [item for item in items if _meets(item.value, op.filter or {})]
        return kept[op.offset : op.offset + op.limit]

    def _namespaces(self) -> list[tuple[str, ...]]:
        found = (_namespace(run) for run in self._memory._runs())
        return sorted(namespace for namespace in found if namespace is not None)

    def _list(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        conditions = op.match_conditions or ()
        found = [namespace for namespace in self._namespaces() if all(_matches(condition, namespace) for condition in conditions)]
        cut = sorted({namespace[: op.max_depth] for namespace in found})
        return cut[op.offset : op.offset + op.limit]


def _run(namespace: tuple[str, ...]) -> str:
    return json.dumps(list(namespace), ensure_ascii=False)


def _namespace(run: str) -> tuple[str, ...] | None:
    try:
        parts = json.loads(run)
    except ValueError:
        return None
    return tuple(parts) if isinstance(parts, list) and all(isinstance(part, str) for part in parts) else None


def _item(memory: Remembered) -> dict[str, Any]:
    namespace = _namespace(memory.run or "")
    if namespace is None or "key" not in memory.metadata:
        raise UsageError(f"memory {memory.id} is no item of a store: the application `{APP}` is for items alone")
    times = {"created_at": datetime.fromisoformat(memory.created_at), "updated_at": datetime.fromisoformat(memory.updated_at)}
    return {"value": json.loads(memory.text), "key": memory.metadata["key"], "namespace": namespace, **times}


def _meets(value: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return all(_is(value.get(name), wanted) for name, wanted in asked.items())


def _is(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and any(name.startswith("$") for name in wanted):
        for name, operand in wanted.items():
            if name not in _COMPARED:
                raise UsageError(f"`{name}` is no comparison: there are {', '.join(_COMPARED)}")
            if found is None and name not in ("$eq", "$ne"):
                return False
            if not _COMPARED[name](found, operand):
                return False
        return True
    return bool(found == wanted)


def _matches(condition: MatchCondition, namespace: Sequence[str]) -> bool:
    path = condition.path
    if len(namespace) < len(path):
        return False
    parts = namespace[: len(path)] if condition.match_type == "prefix" else namespace[len(namespace) - len(path) :]
    return all(asked in ("*", part) for asked, part in zip(path, parts))
