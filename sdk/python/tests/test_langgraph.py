"""LangGraph's store, beside the one that LangGraph keeps in memory."""

from __future__ import annotations

import asyncio

import pytest
from langgraph.store.base import BaseStore, GetOp, PutOp
from langgraph.store.memory import InMemoryStore

import assay
from assay.langgraph import AssayStore

from conftest import MemoryDaemon


def fill(store: BaseStore) -> None:
    store.put(("users", "alice"), "home", {"city": "Lisbon", "rooms": 3})
    store.put(("users", "alice"), "drink", {"likes": "green tea", "rooms": 0})
    store.put(("users", "bob"), "home", {"city": "Porto", "rooms": 1})
    store.put(("docs",), "first", {"text": "Grüße aus Lissabon"})
    store.put(("users", "alice"), "home", {"city": "Madrid", "rooms": 4})
    store.put(("users", "bob"), "gone", {"city": "nowhere"})
    store.delete(("users", "bob"), "gone")
    store.delete(("users", "bob"), "never was")


@pytest.fixture
def stores(daemon: MemoryDaemon) -> tuple[AssayStore, InMemoryStore]:
    ours, theirs = AssayStore(daemon.memory(user="alice")), InMemoryStore()
    fill(ours)
    fill(theirs)
    return ours, theirs


def test_it_holds_what_langgraph_s_own_store_holds(stores: tuple[AssayStore, InMemoryStore]) -> None:
    ours, theirs = stores
    for namespace, key in [(("users", "alice"), "home"), (("users", "bob"), "gone"), (("users", "alice"), "missing"), (("docs",), "first")]:
        found, expected = ours.get(namespace, key), theirs.get(namespace, key)
        assert (found and (found.value, found.key, found.namespace)) == (expected and (expected.value, expected.key, expected.namespace))

    def items(store: BaseStore, prefix: tuple[str, ...], **options: object) -> set[tuple[object, ...]]:
        return {(item.namespace, item.key) for item in store.search(prefix, **options)}  # type: ignore[arg-type]

    for prefix in [(), ("users",), ("users", "alice"), ("nobody",)]:
        assert items(ours, prefix) == items(theirs, prefix)
    for condition in [{"city": "Porto"}, {"rooms": {"$gt": 1}}, {"rooms": {"$lte": 4, "$ne": 1}}, {"city": {"$eq": "Madrid"}}]:
        assert items(ours, ("users",), filter=condition) == items(theirs, ("users",), filter=condition)
    assert len(ours.search(("users",), limit=2)) == 2 and len(ours.search(("users",), limit=2, offset=2)) == 1
    for options in [{}, {"prefix": ("users",)}, {"suffix": ("alice",)}, {"prefix": ("*", "bob")}, {"max_depth": 1}]:
        assert sorted(ours.list_namespaces(**options)) == sorted(theirs.list_namespaces(**options))  # type: ignore[arg-type]


def test_a_search_ranks_by_words(stores: tuple[AssayStore, InMemoryStore]) -> None:
    ours, _ = stores
    (best, *_rest) = ours.search(("users",), query="who likes tea")
    assert (best.key, best.value["likes"]) == ("drink", "green tea") and (best.score or 0) > 0
    assert [item.key for item in ours.search(("docs",), query="Lissabon")] == ["first"]
    with pytest.raises(assay.UsageError, match="no comparison"):
        ours.search(("users",), filter={"rooms": {"$near": 3}})
    with pytest.raises(NotImplementedError):
        ours.put(("users",), "soon", {"a": 1}, ttl=5)


def test_it_is_asked_from_an_event_loop(daemon: MemoryDaemon) -> None:
    store = AssayStore(daemon.memory())

    async def ask() -> None:
        await store.aput(("a",), "key", {"n": 1})
        found = await store.abatch([GetOp(("a",), "key"), PutOp(("a",), "other", {"n": 2}), GetOp(("a",), "other")])
        assert found[0] is not None and found[2] is not None
        assert await store.aget(("a",), "missing") is None

    asyncio.run(ask())
