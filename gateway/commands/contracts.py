"""`gateway schema` and `gateway openapi`: what is offered, as documents."""

from typing import Annotated

import orjson
import typer

from gateway.commands.options import VENDORS_BY_NAME, VendorName
from gateway.rest.openapi import openapi
from gateway.schema.schema import make_schema
from gateway.vendors import VENDORS


def print_schema() -> None:
    """Print the GraphQL schema, in SDL."""
    typer.echo(make_schema().as_str())


def print_openapi(
    vendor: Annotated[VendorName | None, typer.Argument(help="Only this vendor's paths.")] = None,
) -> None:
    """Print the OpenAPI description of the legacy paths."""
    described = VENDORS if vendor is None else [VENDORS_BY_NAME[vendor.value]]
    typer.echo(orjson.dumps(openapi(described), option=orjson.OPT_INDENT_2))
