"""Work in steps, for threads and for event loops.

The package's functions are written once, as generators that yield the tasks of the library and are sent their results. A thread waits for
them one after the other, a coroutine awaits them.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from ._native import Task

Found = TypeVar("Found")
Steps = Generator[Task, Any, Found]


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def wait(steps: Steps[Found], timeout: float | None, abort: bool = True) -> Found:
    """Does the steps in this thread. Ctrl-C and the end of the time end the step that is waited for, if `abort`, and then the rest."""
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        task = next(steps)
        while True:
            try:
                found = task.wait(_left(deadline), abort)
            except BaseException as error:
                task = steps.throw(error)
            else:
                task = steps.send(found)
    except StopIteration as done:
        return done.value


async def wait_async(steps: Steps[Found], timeout: float | None, abort: bool = True) -> Found:
    """Does the steps in an event loop. A cancelled coroutine ends the step that it waits for, if `abort`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        task = next(steps)
        while True:
            try:
                await _done(task, _left(deadline), abort)
                found = task.wait(0, abort)
            except BaseException as error:
                task = steps.throw(error)
            else:
                task = steps.send(found)
    except StopIteration as done:
        return done.value


async def _done(task: Task, timeout: float | None, abort: bool) -> None:
    # Only here: it takes a third of what the package takes to import, and programs of threads do not need it.
    import asyncio

    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def set_done() -> None:
        if not done.done():
            done.set_result(None)

    def tell() -> None:
        try:
            loop.call_soon_threadsafe(set_done)
        except RuntimeError:
            # The loop was closed, and nobody waits.
            pass

    task.on_done(tell)
    try:
        await asyncio.wait({done}, timeout=timeout)
    except asyncio.CancelledError:
        if abort:
            task.cancel()
        raise
