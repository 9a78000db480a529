"""Holds every REST answer of the tests against the OpenAPI document: its status, its headers and its body."""

import re
from functools import cache

import httpx2
from jsonschema import Draft202012Validator

from gateway.rest.openapi import openapi
from gateway.vendors import VENDORS


@cache
def _document() -> dict:
    return openapi(VENDORS)


@cache
def _items() -> list[tuple[re.Pattern[str], dict]]:
    """A pattern of each path, its final slash being optional, with its operations by method."""
    found = []
    for path, item in _document()["paths"].items():
        pattern = "[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path.rstrip("/"))))
        found.append((re.compile(f"{pattern}/?"), item))
    # Of two that fit, the one without a parameter is served.
    return sorted(found, key=lambda each: "[^/]+" in each[0].pattern)


@cache
def _validator(pattern: re.Pattern[str], method: str, status: int) -> Draft202012Validator:
    operation = dict(_items())[pattern][method]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": _document()["components"]})


async def check_answer(response: httpx2.Response) -> None:
    """Fail unless the document describes this answer of a served method; a response hook of the tests' clients."""
    request = response.request
    method = request.method.lower()
    fitting = [each for each in _items() if each[0].fullmatch(request.url.path)]
    if not fitting or method not in fitting[0][1]:
        return
    pattern, item = fitting[0]
    operation = item[method]
    described = operation["responses"].get(str(response.status_code))
    assert described is not None, f"{request.url.path}: {response.status_code} is not documented"
    if "content" not in described:
        await response.aread()
        assert (response.content, "content-type" in response.headers) == (b"", False)
        return
    assert response.headers["content-type"] == "application/json"
    headers = {each.lower() for each in described.get("headers", ())}
    required = headers & {"link"} if response.is_success else headers
    assert required <= response.headers.keys()
    await response.aread()
    if "content" not in described:
        assert response.content == b""
        return
    problems = [
        error.message
        for error in _validator(pattern, method, response.status_code).iter_errors(response.json())
    ]
    assert not problems, f"{request.url.path}: {problems}"
