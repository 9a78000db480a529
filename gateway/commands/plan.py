"""`gateway plan`: how an operation is run, and what it asks the database."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse, validate

from gateway import administration, auth, serving
from gateway.commands.options import DatabaseUrl, names_organization, settings_of
from gateway.db.database import Database
from gateway.execution import execute
from gateway.execution.outline import outline
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid, NotFound
from gateway.resolvers.viewer import Scope, Viewer
from gateway.schema.schema import make_schema
from gateway.settings import Settings


def show_plan(
    query: Annotated[str, typer.Argument(help="A GraphQL document with one operation.")],
    variables: Annotated[
        str, typer.Option(metavar="JSON", help="The values of its variables, as a JSON object.")
    ] = "{}",
    organization: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="The organization whose data to read; by default the demo's.",
            callback=names_organization,
        ),
    ] = auth.DEMO_ORGANIZATION,
    database: DatabaseUrl = None,
) -> None:
    """Show how an operation runs: its plan, then its SQL statements with their rows and times.

    Without --database or GATEWAY_DATABASE_URL it runs on the vendors' documented examples, in a temporary database.
    """
    values = _variables(variables)
    document, plan = _outlined(query, values)
    if database is not None:
        _run(settings_of(database), document, plan, values, organization)
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_of(f"sqlite:///{Path(folder, 'demo.db')}")
        asyncio.run(serving.prepare_demo(settings))
        _run(settings, document, plan, values, organization)


def _variables(text: str) -> dict[str, Any]:
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"--variables is not JSON: {error}.") from None
    if not isinstance(values, dict):
        raise Invalid("--variables must be a JSON object.")
    return values


def _outlined(query: str, variables: Mapping[str, Any]) -> tuple[DocumentNode, str]:
    """The document and its plan."""
    schema = make_schema()._schema
    try:
        document = parse(query)
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        for each in operations:
            if each.operation is not OperationType.QUERY:
                raise Invalid(f"A {each.operation.value} is not run to show its plan: only queries are.")
        if problems := validate(schema, document):
            raise problems[0]
        if len(operations) != 1:
            raise Invalid("The document must have one operation.")
        return document, outline(schema, document, operations[0], variables)
    except GraphQLError as error:
        raise Invalid(error.message) from None


def _run(
    settings: Settings, document: DocumentNode, plan: str, variables: Mapping[str, Any], organization_id: str
) -> None:
    """Run the operation and print its plan and its statements."""
    schema = make_schema()
    viewer = Viewer(organization_id, frozenset(Scope), "plan")

    async def run(store: Database) -> None:
        if organization_id not in await administration.organization_ids(store, organization_id, 1):
            raise NotFound(f"There is no organization {organization_id}.")
        statements: list[tuple[str, int, float]] = []
        store.after_statement = lambda *told: statements.append(told)
        for _ in range(2):  # the second time as every later one: statements are prepared, code is generated
            statements.clear()
            context = Context(store, viewer, settings)
            result = await execute(schema, document, variables=variables, context=context)
        typer.echo(f"{plan}\n\n{len(statements)} {'statement' if len(statements) == 1 else 'statements'}")
        for number, (sql, rows, seconds) in enumerate(statements, 1):
            typer.echo(f"\n{number}. {rows} rows, {seconds * 1000:.2f} ms\n{sql}")
        for error in result.errors or ():
            typer.echo(f"\nerror: {error.message}")

    asyncio.run(serving.with_database(settings, run))
