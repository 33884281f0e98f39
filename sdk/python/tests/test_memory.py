"""Memories over a daemon."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

import assay

from conftest import ROOT, MemoryDaemon
from test_readme import PROGRAMS, run


def test_what_is_remembered_is_found_changed_and_deleted(daemon: MemoryDaemon) -> None:
    memory = daemon.memory(user="alice")
    (added,) = memory.add("Alice moved to Lisbon in May", metadata={"from": "chat"}, categories=["home"])
    assert (added.text, added.user, added.status, added.version, added.score) == ("Alice moved to Lisbon in May", "alice", "local", 1, None)
    turns = [{"role": "user", "content": "I like green tea"}, {"role": "assistant", "content": "Noted"}]
    assert [turn.role for turn in memory.add(turns, run="one")] == ["user", "assistant"]
    found = memory.search("where is Lisbon", 1, proof=True)
    assert [memory.id for memory in found] == [added.id]
    assert found[0].metadata == {"from": "chat"} and found[0].categories == ("home",) and (found[0].score or 0) > 0
    assert found.receipt is not None
    proven = memory.verify(found.receipt)
    assert proven["complete"] and proven["memories"][0]["memory"] == "Alice moved to Lisbon in May"
    changed = bytearray(found.receipt)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(assay.NotVerified):
        memory.verify(bytes(changed))
    assert memory.update(added.id, "Alice moved to Porto").version == 2
    assert memory.get(added.id).text == "Alice moved to Porto"
    assert len(memory.history(added.id)) == 2
    assert len(list(memory.all())) == 3 and len(list(memory.all(run="one"))) == 2 and not list(memory.all(user="bob"))
    assert memory.delete(added.id)["deletion"]["reached"] == "forward"
    assert len(memory.search("Porto")) == 0
    status = memory.status()
    assert (status["memories"], status["final"]) == (2, None)


def test_what_cannot_be_done_is_said_by_the_errors_of_the_package(daemon: MemoryDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_MEMORY_KEY", raising=False)
    with pytest.raises(assay.UsageError, match="assay memory grant"):
        assay.Memory()
    memory = daemon.memory()
    with pytest.raises(assay.UsageError, match="no memory"):
        memory.get("00000000-0000-7000-8000-000000000000")
    with pytest.raises(assay.UsageError, match="missing"):
        memory.get("")
    with pytest.raises(assay.UsageError, match="serve --anchor"):
        memory.add("kept nowhere", wait=True)
    assert memory.status()["memories"] == 0
    with pytest.raises(assay.UsageError, match="no option"):
        memory.search("tea", people="alice")
    with pytest.raises(assay.UsageError, match="no space has this API key"):
        assay.Memory("asm-other", daemon.url).status()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(assay.Timeout):
            assay.Memory("asm-other", url, timeout=0.1).status()
    with pytest.raises(assay.NetworkError, match="assay memory serve"):
        assay.Memory("asm-other", url).status()


def test_the_program_of_the_readme_remembers(daemon: MemoryDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "ASSAY_MEMORY_KEY", daemon.key)
    monkeypatch.setitem(os.environ, "ASSAY_MEMORY_URL", daemon.url)
    program = next(program for program in PROGRAMS if "assay.Memory(" in program)
    assert run(program, tmp_path) == "Alice moved to Lisbon in May local\n"


def test_the_agent_of_the_guide_knows_in_its_second_session_what_it_was_told_in_the_first(
    daemon: MemoryDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "ASSAY_MEMORY_KEY", daemon.key)
    monkeypatch.setitem(os.environ, "ASSAY_MEMORY_URL", daemon.url)
    guide = (ROOT / "docs/guides/memory.md").read_text()
    (program,) = re.findall(r"```python\n# agent.py\n(.*?)```", guide, re.DOTALL)
    (first, second) = re.findall(r'python3 agent.py "(.*)"', guide)
    said = [run(f"import sys; sys.argv = ['agent.py', {text!r}]\n{program}", tmp_path) for text in (first, second)]
    assert said == ["knows: []\n", f"knows: {[first]}\n"]
