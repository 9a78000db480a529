"""The fenced blocks of the documents: what a reader may copy, and what is said of it."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What a mark, a comment of HTML on the line above a block, may say of it; readers don't see it.
MARKS = ("not run", "run by", "schema", "variables", "keeps")
FENCE = re.compile(
    r"^(?:<!-- (?P<mark>[a-z ]+?)(?:: (?P<said>.*?))? -->\n)?"
    r"(?P<fence>```+)(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
RUN = ("sh", "graphql")
ANSWERS = ("json", "text", "http")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        document: the document's path from the root.
        line: its first line there.
        is_next: nothing but blank lines stands between it and the block before.
        mark: what the comment above it says, and `said` the rest of that.
    """

    document: str
    line: int
    language: str
    text: str
    is_next: bool
    mark: str = ""
    said: str = ""

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Step:
    """What a reader does, with which variables, and what they are shown of the outcome."""

    block: Block
    variables: Block | None
    answer: Block | None


@cache
def documents() -> dict[str, list[Block]]:
    """The blocks of every document that is committed, or will be."""
    return {name: blocks_of(name, (ROOT / name).read_text()) for name in tracked("*.md")}


def tracked(*patterns: str) -> list[str]:
    """The files that are committed, or will be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def blocks_of(document: str, text: str) -> list[Block]:
    """The blocks of one document in order."""
    found = []
    end = 0
    for each in FENCE.finditer(text):
        between = text[end : each.start()]
        found.append(
            Block(
                document,
                text.count("\n", 0, each.start("fence")) + 1,
                each["language"],
                each["text"],
                bool(found) and len(between.split()) <= 12 and "\n#" not in between,
                each["mark"] or "",
                each["said"] or "",
            )
        )
        end = each.end()
    return found


def steps_of(blocks: list[Block]) -> list[Step]:
    """What is to be run of a document, each with the answer that is shown behind it."""
    steps = []
    for number, block in enumerate(blocks):
        if block.language in RUN and block.mark not in ("not run", "run by", "schema"):
            after = blocks[number + 1 : number + 3]
            variables = after.pop(0) if after and after[0].mark == "variables" else None
            steps.append(Step(block, variables, after[0] if after and is_answer(after[0]) else None))
    return steps


def is_answer(block: Block) -> bool:
    """Whether a block shows the outcome of the one before."""
    return block.language in ANSWERS and block.is_next and block.mark in ("", "keeps")


def unaccounted(blocks: list[Block]) -> list[str]:
    """The blocks of which nobody would notice that they are wrong."""
    answers = {step.answer for step in steps_of(blocks)}
    run = {step.block for step in steps_of(blocks)}
    return [
        f"{each.place} ({each.language or 'no language'})"
        for each in blocks
        if each not in answers | run and each.mark not in MARKS[:4] and each.language not in CODE
    ]


# Code: the queries in it are looked at.
CODE = ("js", "ts", "tsx", "python")
