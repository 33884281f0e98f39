"""MCP's own Python client against `assay mcp`: `mcp_client.py PROGRAM ARGUMENT...`. It checks each answer against the tool's schema by itself.
Prints as JSON what it saw."""

import asyncio
import base64
import json
import os
import sys

from mcp import Client, StdioServerParameters


async def main(program, arguments):
    steps = []

    async def told(progress, total, message):
        steps.append(message)

    # The client passes on hardly anything of its own environment.
    parameters = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with Client(parameters) as client:
        tools = (await client.list_tools()).tools
        found = (await client.call_tool("search_models", {"query": "doubling"})).structured_content
        answer = await client.call_tool("infer", {"model": "tests/doubling", "inputs": {"x": [2.5, 4]}}, progress_callback=told)
        while answer.structured_content["status"] == "pending":
            answer = await client.call_tool("get_result", {})
        content = answer.structured_content
        listed = [str(resource.uri) for resource in (await client.list_resources()).resources]
        output = (await client.read_resource(content["output"])).contents[0]
        seen = {
            "tools": [tool.name for tool in tools],
            "found": [model["model"] for model in found["models"]],
            "error": answer.is_error,
            "content": content,
            "listed": listed,
            "zip": base64.b64decode(output.blob)[:2].decode(),
            "steps": steps,
        }
    json.dump(seen, sys.stdout)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
