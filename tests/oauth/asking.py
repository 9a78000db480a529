"""A gateway in a process of its own that is asked for one path; its arguments are the path and a token."""

import asyncio
import sys

import httpx2

from gateway.app import create_app
from gateway.settings import Settings


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def ask(path: str, token: str) -> None:
    """Print `ready`, and after a line of standard input what the gateway answers."""
    app = create_app(Settings.from_environment())
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://gateway.test") as http,
    ):
        say("ready")
        sys.stdin.readline()
        answer = await http.get(path, headers={"Authorization": f"Bearer {token}"})
        say(answer.text)


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
