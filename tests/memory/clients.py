"""The daemon of `assay memory`, asked by clients that do not know it: mem0's platform client, unmodified, MCP's Python client, and plain HTTP
as MemSync documents it. Then two sessions of a small agent, each a process of its own, that share what the first has learnt.

    clients.py PROGRAM             PROGRAM is the built `assay`
    clients.py session N ADDRESS KEY
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile

os.environ["MEM0_TELEMETRY"] = "False"

import httpx
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

logging.disable(logging.ERROR)
TOOLS = {
    "add_memory", "search_memories", "get_memories", "get_memory", "update_memory", "delete_memory", "delete_all_memories", "list_entities",
    "memory_history", "verify_recall", "export_memories",
}  # fmt: skip


def refused(work, *words):
    try:
        answer = work()
    except Exception as error:
        assert all(word in str(error) for word in words), f"{words} are not in: {error}"
        return
    raise AssertionError(f"this was to be refused, and is answered with {answer}")


def mem0(address, key):
    """Every call of mem0's MemoryClient that reaches a server."""
    from mem0 import MemoryClient

    client = MemoryClient(api_key=key, host=address)
    assert client.project_id == "space"
    refused(lambda: MemoryClient(api_key="asm-00", host=address), "grant")

    conversation = [
        {"role": "user", "content": "I moved to Lisbon in May and I am allergic to peanuts"},
        {"role": "assistant", "content": "Noted: no peanuts."},
    ]
    added = client.add(conversation, user_id="alice", metadata={"trip": "spring"}, run_id="one")
    assert [memory["event"] for memory in added["results"]] == ["ADD", "ADD"], added
    assert added["inferred"] is False and "extractor" in added["reason"], "what was asked for and not done is said"
    assert client.add("I am called Bob", user_id="bob", infer=False)["results"][0]["user_id"] == "bob"
    client.add("Tea, not coffee", filters={"user_id": "alice"}, categories=["food"])
    expired = client.add("The password of the week is swordfish", user_id="alice", expiration_date="2020-01-01")["results"][0]

    found = client.search("where does she live", filters={"user_id": "alice"}, top_k=3)
    assert found["results"] == [], "no keyword fits, and no embedding is configured"
    assert found["ranking"] == {"version": 1, "dense": False, "keyword": True}
    found = client.search("moving to Lisbon", filters={"AND": [{"user_id": "alice"}, {"run_id": "one"}]}, top_k=3, rerank=True)
    first = found["results"][0]
    assert "Lisbon" in first["memory"] and 0 < first["score"] <= 1 and found["reranked"] is False, found
    assert client.search("Lisbon", filters={"user_id": "bob"})["results"] == []
    assert client.search("swordfish", filters={"user_id": "alice"})["results"] == []
    assert len(client.search("swordfish", filters={"user_id": "alice"}, show_expired=True)["results"]) == 1
    by_metadata = client.search("peanuts", filters={"AND": [{"user_id": "alice"}, {"metadata": {"trip": "spring"}}]})
    assert len(by_metadata["results"]) == 2
    assert client.search("tea", filters={"AND": [{"user_id": "alice"}, {"categories": {"contains": "food"}}]})["results"]
    refused(lambda: client.search("x", filters={"colour": "red"}), "colour", "user_id")

    everything = client.get_all(filters={"user_id": "alice"}, page=1, page_size=2)
    assert everything["count"] == 3 and len(everything["results"]) == 2 and everything["next"], everything
    memory = client.get(first["id"])
    assert memory["memory"] == conversation[0]["content"] and memory["metadata"] == {"trip": "spring"}
    client.update(first["id"], text="I moved to Porto in May", metadata={"trip": "summer"})
    client.update(expired["id"], expiration_date=None)
    assert client.search("swordfish", filters={"user_id": "alice"})["results"]
    history = client.history(first["id"])
    assert [(entry["event"], entry["old_memory"] is None) for entry in history] == [("ADD", True), ("UPDATE", False)]
    assert client.get(first["id"])["memory"] == "I moved to Porto in May"

    names = {(entity["type"], entity["name"]) for entity in client.users()["results"]}
    assert {("user", "alice"), ("user", "bob"), ("run", "one")} <= names, names
    tea = client.search("tea", filters={"user_id": "alice"})["results"][0]["id"]
    updated = client.batch_update([{"memory_id": tea, "text": "Green tea, not coffee"}])
    assert updated["results"][0]["version"] == 2
    assert client.get_profile("alice")["method"] == "extractive"
    assert client.get_profile("nobody")["status"] == "insufficient_data"
    assert "Porto" in client.get_summary({"user_id": "alice"})["summary"]
    export = client.create_memory_export(json.dumps({"type": "object"}), filters={"user_id": "alice"})
    assert export["schema_applied"] is False
    assert len(client.get_memory_export(filters={"user_id": "alice"})["memories"]) == 4
    for call, word in [
        (lambda: client.feedback(tea, "POSITIVE"), "ranking 1 is fixed"),
        (lambda: client.get_webhooks("space"), "the daemon calls nobody"),
        (lambda: client.project.get(), "assay memory grant"),
        (lambda: client.generate_profile("alice"), "when they are asked for"),
        (lambda: client.get_profile_settings(), "have no settings"),
    ]:
        refused(call, word)

    deleted = client.batch_delete([{"memory_id": tea}])
    assert deleted["deletion"]["reached"] == "forward", deleted
    refused(lambda: client.get(tea), "no memory")
    assert client.delete(first["id"])["deleted"] == 1
    assert [entry["event"] for entry in client.history(first["id"])] == ["DELETE"]
    refused(lambda: client.delete_all(), "whose")
    client.delete_all(filters={"user_id": "alice"})
    assert client.get_all(filters={"user_id": "alice"})["count"] == 0
    client.delete_users(user_id="bob")
    client.add("carol likes jazz", user_id="carol")
    client.reset()
    assert client.users()["results"] == []


def memsync(address, key):
    """MemSync's documented calls."""
    http = httpx.Client(base_url=f"{address}/v1", headers={"X-API-Key": key})

    def ask(method, path, body=None):
        answer = http.request(method, path, json=body)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    messages = [
        {"role": "user", "content": "I'm a blockchain developer, I work mainly with Solidity"},
        {"role": "assistant", "content": "Verifiable oracles fit that."},
    ]
    body = {"messages": messages, "agent_id": "bot", "thread_id": "thread-1", "source": "chat"}
    assert [memory["run_id"] for memory in ask("POST", "/memories", body)["results"]] == ["thread-1"] * 2
    found = ask("POST", "/memories/search", {"query": "What does the developer work on?", "limit": 5, "rerank": True})
    memory = found["memories"][0]
    assert memory["type"] == "semantic" and memory["rerank_score"] > 0 and memory["thread_id"] == "thread-1"
    assert "Solidity" in found["user_bio"] and found["reranked"] is False
    assert len(ask("GET", "/memories")["memories"]) == 2
    assert ask("PATCH", f"/memories/{memory['id']}", {"memory": "Works with Rust now"})["version"] == 2
    profile = ask("GET", "/users/profile")
    assert profile["insights"] == ["Works with Rust now"] and profile["method"] == "extractive"
    ask("PATCH", "/users/bio", {"bio": "Builds oracles"})
    ask("PATCH", "/users/bio", {"bio": "Builds chains"})
    assert ask("GET", "/users/bio") == {"user_bio": "Builds chains", "method": "written"}
    document = "# Notes\n\nThe staging server is called heron.\n\n" + "word " * 600
    assert ask("POST", "/integrations/files", {"name": "notes.md", "content": document})["added"] == 2
    assert ask("POST", "/integrations/files", {"name": "page.html", "content": "<p>The <b>printer</b> is on floor 3</p>"})["added"] == 1
    chat = [{"conversation_id": "c1", "mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": ["My cat is Luna"]}}}}}]
    assert ask("POST", "/integrations/chat", {"format": "chatgpt", "data": chat})["added"] == 1
    claude = [{"uuid": "u1", "chat_messages": [{"sender": "human", "text": "My dog is Rex", "created_at": "2026-11-01T10:00:00Z"}]}]
    assert ask("POST", "/integrations/chat", {"format": "claude", "data": claude})["added"] == 1
    assert ask("POST", "/memories/search", {"query": "printer"})["memories"][0]["memory"] == "The printer is on floor 3"
    assert ask("GET", "/integrations/status")["sources"]["notes.md"] == 2
    assert http.post("/integrations/google/login").status_code == 501
    made = ask("POST", "/api-keys", {"name": "another", "rights": ["read"]})
    assert made["key"].startswith("asm-") and len(ask("GET", "/api-keys")["keys"]) >= 2
    ask("DELETE", "/api-keys/another")
    deletion = ask("DELETE", f"/memories/{memory['id']}?cascade=true")["deletion"]
    assert ask("GET", f"/deletions/{memory['id']}")["seq"] == deletion["seq"]

    server = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"})
    added = server.post("/memories", json={"messages": [{"role": "user", "content": "The server form works"}], "user_id": "dave"}).json()
    identifier = added["results"][0]["id"]
    assert server.post("/search", json={"query": "server form", "user_id": "dave"}).json()["results"]
    assert server.get("/memories", params={"user_id": "dave"}).json()["count"] == 1
    assert server.put(f"/memories/{identifier}", json={"text": "The server form still works"}).json()["version"] == 2
    assert len(server.get(f"/memories/{identifier}/history").json()) == 2
    assert server.delete(f"/memories/{identifier}").json()["deleted"] == 1
    assert server.delete("/memories", params={"user_id": "*"}).status_code == 200


async def tools(client):
    """Every tool once."""

    async def call(name, **arguments):
        result = await client.call_tool(name, arguments)
        value = result.structured_content
        assert json.loads(result.content[0].text) == value
        return value, result.is_error

    assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
    added, _ = await call("add_memory", text="The deploy key is rotated on Mondays", user_id="erin", categories=["work"])
    identifier = added["results"][0]["id"]
    await call("add_memory", messages=[{"role": "user", "content": "Mondays are for planning"}], user_id="erin")
    found, _ = await call("search_memories", query="rotate deploy key", user_id="erin", proof=True)
    assert found["results"][0]["id"] == identifier
    verified, _ = await call("verify_recall", receipt=found["proof"]["receipt"])
    assert verified["verified"] and verified["complete"], verified
    broken = found["proof"]["receipt"][:-2] + ("00" if found["proof"]["receipt"][-2:] != "00" else "01")
    answer, failed = await call("verify_recall", receipt=broken)
    assert failed and answer["reason"] == "NotVerified", answer
    assert (await call("get_memories", user_id="erin"))[0]["count"] == 2
    await call("update_memory", memory_id=identifier, text="The deploy key is rotated on Tuesdays")
    assert (await call("get_memory", memory_id=identifier))[0]["version"] == 2
    assert len((await call("memory_history", memory_id=identifier))[0]["results"]) == 2
    assert (await call("list_entities"))[0]["results"][0]["name"] == "erin"
    assert (await call("export_memories", user_id="erin"))[0]["count"] == 2
    assert (await call("delete_memory", memory_id=identifier))[0]["deletion"]["reached"] == "forward"
    answer, failed = await call("get_memory", memory_id=identifier)
    assert failed and answer["reason"] == "NotFound"
    await call("delete_all_memories", user_id="erin")
    assert (await call("get_memories"))[0]["count"] == 0


def over_http(address, key):
    return streamable_http_client(f"{address}/mcp", http_client=httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}))


async def mcp(program, home, address, key):
    async with Client(over_http(address, key)) as client:
        await tools(client)
    parameters = StdioServerParameters(command=program, args=["memory", "--home", home, "--space", "space", "mcp"])
    async with Client(parameters) as client:
        await tools(client)
    # Two programs on one space: what one has added over standard input the daemon finds at once.
    async with Client(parameters) as client:
        await client.call_tool("add_memory", {"text": "The attic light flickers", "user_id": "frank"})
        async with Client(over_http(address, key)) as other:
            found = await other.call_tool("search_memories", {"query": "attic light", "user_id": "frank"})
            assert found.structured_content["results"], found


async def session(number, address, key):
    """A small agent: it searches before it answers, and adds what it was told."""
    async with Client(over_http(address, key)) as client:

        async def turn(said):
            found = await client.call_tool("search_memories", {"query": said, "top_k": 3})
            known = [memory["memory"] for memory in found.structured_content["results"]]
            await client.call_tool("add_memory", {"messages": [{"role": "user", "content": said}], "run_id": f"session-{number}"})
            return known

        if number == 1:
            assert await turn("My daughter Mia starts school in Graz on September 7") == []
            assert await turn("We need a flat near the school") != []
        else:
            known = await turn("When does school start for Mia?")
            assert known[0] == "My daughter Mia starts school in Graz on September 7", known
            print(f"session 2 answers from session 1: {known[0]}")


def main(program):
    with tempfile.TemporaryDirectory() as home:

        def assay(space, *arguments):
            done = subprocess.run([program, "memory", "--home", home, "--json", "--space", space, *arguments], check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return json.loads(done.stdout)

        for space in ("space", "sync", "agents"):
            assay(space, "init")
        keys = {name: assay("space", "grant", name, "--rights", "all")["key"] for name in ("mem0", "mcp")}
        keys["memsync"] = assay("sync", "grant", "memsync", "--rights", "all")["key"]
        keys["agent"] = assay("agents", "grant", "agent", "--user", "grace")["key"]
        daemon = subprocess.Popen([program, "memory", "--home", home, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        try:
            address = daemon.stdout.readline().split(" on ")[1].split(",")[0]
            mem0(address, keys["mem0"])
            print("mem0's MemoryClient: every call, unmodified")
            memsync(address, keys["memsync"])
            print("MemSync's and mem0's server paths: every call")
            asyncio.run(mcp(program, home, address, keys["mcp"]))
            print(f"MCP over HTTP and standard input: {len(TOOLS)} tools each")
            for number in "12":
                subprocess.run([sys.executable, __file__, "session", number, address, keys["agent"]], check=True)
        finally:
            daemon.terminate()
            assert daemon.wait() == 0
        for space in ("space", "sync", "agents"):
            status = assay(space, "status", "--check")
            assert status["local"] == 0 and status["checked"], status


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["session", number, address, key]:
            asyncio.run(session(int(number), address, key))
        case [program]:
            main(program)
        case _:
            sys.exit(__doc__)
