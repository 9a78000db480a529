"""Schemathesis over every write of a legacy path and over all mutations of a running gateway.

    python -m tests.schemathesis SCHEMATHESIS [SECONDS]

No call may be a fault of ours, an answer has to be as its schema says, and nothing may be taken that OpenAPI's schema
forbids. Stores are the demo's, on SQLite.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

from tests.demonstration import demo

HERE = Path(__file__).parent
TOKEN = "demo-token"  # of the demo, which accepts it on loopback alone
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def main(schemathesis: str, seconds: str = "300") -> int:
    """The worse of both exit codes.

    Args:
        schemathesis: the command.
        seconds: that each of both runs may take.
    """
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), GATEWAY_LOG_LEVEL="warning") as url:
        document = Path(folder, "openapi.json")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        document.write_bytes(httpx2.get(f"{url}/openapi.json", headers=headers).content)
        legacy = [str(document), "--url", url, "--checks", ",".join(CHECKS)]
        legacy += [f"--include-method={each}" for each in WRITES]
        graph = [f"{url}/graphql", "--checks", "graph_answers", "--include-name-regex", "^Mutation"]
        graph += ["--exclude-name-regex", r"\.uploadFiles?$"]  # forms, which it does not send
        runs = (_run(Path(schemathesis).absolute(), folder, seconds, each) for each in (legacy, graph))
        codes = list(runs)
    return max(codes)


def _run(schemathesis: Path, folder: str, seconds: str, arguments: list[str]) -> int:
    shared = ["--header", f"Authorization: Bearer {TOKEN}", "--header", f"Api-Token: {TOKEN}"]
    shared += ["--max-time", seconds, "--continue-on-failure", "--suppress-health-check", "all"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    phases = ["--phases", "coverage,fuzzing"]
    command = [schemathesis, "run", *arguments, *shared, *phases, "--warnings", "off"]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
