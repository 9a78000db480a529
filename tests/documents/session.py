"""A reader who follows a document: its commands in one shell, its queries at the server that it speaks of."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.documents.blocks import ROOT, Block, Step, steps_of, tracked
from tests.documents.comparing import difference
from tests.patience import ENOUGH

ADDRESS = "127.0.0.1:8000"
HEADERS = {"Authorization": "Bearer demo-token"}

# A server that a document starts runs on, and what is followed ends with the first result; everything else is as it is.
SHELL = r"""
set -euo pipefail
make() { echo "make works on the tree that it stands in, for minutes" >&2; return 1; }
gateway() {
  if [ "$1" != serve ]; then command gateway "$@"; return; fi
  mkfifo "$SCRATCH/serving"
  exec 8<> "$SCRATCH/serving"
  command gateway "$@" --port "${ADDRESS_OF_DOCUMENT##*:}" 2>&8 >/dev/null &
  echo $! > "$SCRATCH/server"
  read -r -u 8   # it comes when the port is open
}
curl() {
  case " $* " in
    *" -N "*)
      exec 7< <(echo $BASHPID; exec "$(type -P curl)" -sS "$@")
      read -r asking <&7
      while IFS= read -r line <&7; do
        echo "$line"
        case $line in "data: {"*) kill "$asking"; exec 7<&-; return;; esac
      done
      wait $!; exec 7<&-;;
    *" -i "*) command curl -sS "$@";;
    *) command curl -sS --fail-with-body "$@";;
  esac
}
"""


class Failed(AssertionError):
    """What a document says is not so."""


def follow(blocks: list[Block], folder: Path, address: str, places: dict[str, str], path: str = "") -> int:
    """Do what a document says, and compare what comes with what it shows.

    Args:
        folder: where the reader stands: a checkout, to which their files are added.
        address: of the server, as host and port.
        places: what this reader has for what the document names: folders, databases.
        path: where commands are that this reader has, beside those that everybody has.

    Returns:
        The number of blocks that were run.

    Raises:
        Failed: a command did not end with 0, a query had errors, or something else came than is shown.
    """
    steps = steps_of(blocks)
    reader = _Reader(folder, {ADDRESS: address, **places})
    with reader.shell(path):
        for step in steps:
            outcome = reader.run(step)
            if step.answer is not None:
                wrong = difference(reader.text_of(step.answer), step.answer.language, outcome)
                if wrong is not None:
                    raise Failed(f"{step.answer.place}: {wrong}")
                reader.keep(step.answer, outcome)
    return len(steps)


class _Reader:
    def __init__(self, folder: Path, places: dict[str, str]) -> None:
        self._folder = folder
        self._places = places
        self._kept: dict[str, Any] = {}
        self._shell: subprocess.Popen[str]
        self._scratch: Path

    def text_of(self, block: Block) -> str:
        text = block.text
        for named, there in self._places.items():
            text = text.replace(named, there)
        return text

    @contextmanager
    def shell(self, path: str) -> Iterator[None]:
        """The one shell of the document, which keeps what is exported."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        paths = [str(Path(sys.executable).parent), path, environment["PATH"]]
        with tempfile.TemporaryDirectory() as scratch:
            self._scratch = Path(scratch)
            environment |= {
                "PATH": ":".join(filter(None, paths)),
                "SCRATCH": scratch,
                "ADDRESS_OF_DOCUMENT": self._places[ADDRESS],
            }
            self._shell = subprocess.Popen(
                ["bash"],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                self._tell(SHELL)
                yield
            finally:
                self._shell.kill()
                self._shell.communicate()
                if (server := self._scratch / "server").exists():
                    os.kill(int(server.read_text()), signal.SIGKILL)

    def _tell(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def run(self, step: Step) -> str:
        """Do what a block says; what came of it."""
        outcome = self._command(step.block) if step.block.language == "sh" else self._query(step)
        is_shown = step.answer is not None and '"errors"' in step.answer.text
        if not is_shown and any("errors" in each for each in _objects(outcome)):
            raise Failed(f"{step.block.place}: {outcome}")
        return outcome

    def _command(self, block: Block) -> str:
        script, out, err = (self._scratch / f"{block.line}.{kind}" for kind in ("block", "out", "err"))
        script.write_text(self.text_of(block))
        self._tell(f"trap 'echo ended $?' EXIT\n. {script} >{out} 2>{err} </dev/null\necho done\n")
        assert self._shell.stdout is not None
        said = self._shell.stdout.readline().strip()
        if said != "done":
            raise Failed(f"{block.place} {said or 'ended'}: {out.read_text()}{err.read_text()}")
        return out.read_text()

    def _query(self, step: Step) -> str:
        query = self.text_of(step.block)
        variables = json.loads(self.text_of(step.variables)) if step.variables else {}
        named = re.findall(r"\$(\w+) *:", query)
        body = {"query": query, "variables": variables | {n: self._kept[n] for n in named if n in self._kept}}
        url = f"http://{self._places[ADDRESS]}/graphql"
        if re.search(r"^subscription\b", query, re.MULTILINE):
            return _first_event(url, body, step.block)
        return httpx2.post(url, json=body, headers=HEADERS, timeout=ENOUGH).text

    def keep(self, answer: Block, outcome: str) -> None:
        """Remember what later queries have as variables: `<!-- keeps: id = data.createX.x.id -->`."""
        if answer.mark != "keeps":
            return
        for each in answer.said.split(", "):
            name, _, path = each.partition(" = ")
            value = json.loads(outcome)
            for member in path.split("."):
                value = value[int(member)] if isinstance(value, list) else value[member]
            self._kept[name] = value


def _objects(outcome: str) -> Iterator[dict[str, Any]]:
    """The objects of JSON that an outcome is made of, one after the other."""
    rest = outcome.strip()
    while rest.startswith("{"):
        found, end = json.JSONDecoder().raw_decode(rest)
        yield found
        rest = rest[end:].strip()


def _first_event(url: str, body: dict[str, Any], block: Block) -> str:
    headers = {**HEADERS, "Accept": "text/event-stream"}
    with httpx2.stream("POST", url, json=body, headers=headers, timeout=ENOUGH) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                return line.removeprefix("data: ")
    raise Failed(f"{block.place}: nothing came")


def checkout(folder: Path) -> Path:
    """A copy of what is committed, or will be, for a reader who makes files in it."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder
