"""A chain for the tests, accounts with money, and a user of their own."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from collections.abc import Iterator

import pytest

ROOT = Path(__file__).resolve().parents[3]

# Files of a user are kept here for the tests, and nothing of the machine's user counts.
_HOME = tempfile.TemporaryDirectory(prefix="assay-python-")
os.environ["XDG_CONFIG_HOME"] = f"{_HOME.name}/config"
os.environ["XDG_DATA_HOME"] = f"{_HOME.name}/data"
for name in ("ASSAY_URL", "ASSAY_LIGHT", "ASSAY_CHAIN", "ASSAY_ACCOUNT", "ASSAY_SURI", "ASSAY_PASSWORD"):
    os.environ.pop(name, None)

import assay  # noqa: E402

ACCOUNTS = 40


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: needs a chain")
    # The coroutines among LangChain's own tests have no mark.
    if config.pluginmanager.hasplugin("asyncio"):
        config.option.asyncio_mode = "auto"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chain" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.network)


class Chain:
    """A development chain, as tests/lib/serve.js has started it."""

    def __init__(self) -> None:
        command = ["node", str(ROOT / "tests/lib/serve.js")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        facts = self._line()
        self.url: str = facts["url"]
        self.genesis: str = facts["genesis"]
        self.model: str = facts["model"]
        self.file: str = facts["file"]
        self.spec: str = facts["spec"]
        self.bootnode: str = facts["bootnode"]
        self.lies: list[dict[str, str]] = facts["lies"]
        self.say({"fund": [f"//Python//{index}" for index in range(ACCOUNTS)]})
        self._accounts = itertools.count()

    def _line(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the chain is gone: what it said is above"
        return json.loads(line)

    def say(self, message: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return self._line()

    def uri(self) -> str:
        """Of an account that has 10 ASY and is used by nobody else."""
        return f"//Python//{next(self._accounts)}"

    def account(self) -> assay.Account:
        return assay.Account.from_uri(self.uri())

    def lie(self, what: str, value: int) -> str:
        """The URL of a node that lies about the answer to `[value, 1]`."""
        return self.say({"lie": what, "value": value})["url"]

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    chain = Chain()
    yield chain
    chain.end()


@pytest.fixture(scope="session")
def net(chain: Chain) -> assay.Network:
    return assay.connect(chain.url, genesis=chain.genesis, chain="tests")


@pytest.fixture(scope="session")
def double(net: assay.Network) -> assay.Model:
    return net.model("tests/doubling")


class MemoryDaemon:
    """The daemon of `assay memory serve` on a space of its own."""

    def __init__(self, home: Path) -> None:
        find = ["node", "-e", "import('./paths.js').then(({ ASSAY }) => console.log(ASSAY))"]
        assay_program = subprocess.run(find, cwd=ROOT / "tests/lib", check=True, capture_output=True, text=True).stdout.strip()
        command = [assay_program, "memory", "--home", str(home)]

        def said(*words: str) -> Any:
            done = subprocess.run([*command, "--json", *words], check=True, capture_output=True, text=True)
            return json.loads(done.stdout)

        said("init")
        self.key: str = said("grant", "agent", "--rights", "read,append,edit")["key"]
        self.process = subprocess.Popen([*command, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url: str = line.split(" on ")[1].split(",")[0]

    def memory(self, **options: Any) -> assay.Memory:
        return assay.Memory(self.key, self.url, **options)

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait() == 0


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[MemoryDaemon]:
    daemon = MemoryDaemon(tmp_path / "memory")
    yield daemon
    daemon.end()


def written(model: str, path: Path) -> Path:
    """A model of tests/lib/onnx.js in a file."""
    write = f"import('./onnx.js').then(({{ adding, doubling, slow, wordCounts }}) => fs.writeFileSync(process.argv[1], {model}))"
    subprocess.run(["node", "-e", write, str(path)], cwd=ROOT / "tests/lib", check=True)
    return path


@pytest.fixture(scope="session")
def words(chain: Chain, net: assay.Network, tmp_path_factory: pytest.TempPathFactory) -> assay.Model:
    """A text model."""
    file = written("wordCounts()", tmp_path_factory.mktemp("texts") / "words.onnx")
    return net.publish(file, name="tests/words", licence="MIT", task="feature-extraction", account=chain.account())


@pytest.fixture(scope="session")
def onnx(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that doubles the vector `x`."""
    return str(written("doubling()", tmp_path_factory.mktemp("models") / "double.onnx"))


@pytest.fixture(scope="session")
def endless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that takes minutes for a row of 2,000 numbers."""
    return str(written("slow(1000)", tmp_path_factory.mktemp("models") / "slow.onnx"))
