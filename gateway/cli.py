"""The `gateway` command."""

import sys
from typing import Annotated, Final, NoReturn

import typer

from gateway import __version__
from gateway.commands import access, contracts, events, files, keys, people, plan, rosters, seed, server
from gateway.db.failures import DatabaseFailure
from gateway.db.key_files import VaultError
from gateway.db.migrate import Unusable
from gateway.resolvers.errors import GatewayError
from gateway.settings import SettingError, unknown_variables
from gateway.storage.objects import StorageFailure

# Paragraphs, since lines of one would be joined; none is wider than a terminal.
EXAMPLES: Final = """
$ gateway serve --demo

$ gateway migrate --database sqlite:///gateway.db

$ gateway organization create "Example Retail" --kind retailer

$ gateway token create --organization ID --name "front end" --scope read

$ gateway import crux --organization ID answers.json

$ gateway plan --organization ID "{ connectionRequests { totalCount } }"
"""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=EXAMPLES,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def gateway(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Serve connection requests as one GraphQL API, and at the paths of the four REST APIs that it replaces."""


RUNNING: Final = "Server"
DATA: Final = "Data"
ACCESS: Final = "Organizations and access"
CONTRACTS: Final = "Schema and plans"

app.command("serve", rich_help_panel=RUNNING)(server.serve)
app.command("migrate", rich_help_panel=RUNNING)(server.bring_up_to_date)
app.command("import", rich_help_panel=DATA)(files.read_files)
app.command("export", rich_help_panel=DATA)(files.write_lines)
app.command("seed", rich_help_panel=DATA)(seed.seed)
app.command("touch", rich_help_panel=DATA)(access.touch)
app.command("schema", rich_help_panel=CONTRACTS)(contracts.print_schema)
app.command("openapi", rich_help_panel=CONTRACTS)(contracts.print_openapi)
app.command("plan", rich_help_panel=CONTRACTS)(plan.show_plan)


def group(name: str, about: str, panel: str) -> typer.Typer:
    """Commands of one subject, `gateway NAME …`."""
    made = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(made, name=name, rich_help_panel=panel)
    return made


connectors = group("connectors", "The catalogue of connectors, which all organizations share.", DATA)
connectors.command("load")(files.load_connectors)

encryption_keys = group("keys", "The keys that encrypt stored secrets.", RUNNING)
encryption_keys.command("generate")(keys.generate)
encryption_keys.command("list")(keys.show)
encryption_keys.command("rotate")(keys.rotate)

organizations = group("organization", "Organizations, which own all data.", ACCESS)
organizations.command("create")(access.create_organization)
organizations.command("update")(access.update_organization)
organizations.command("list")(rosters.list_organizations)

persons = group("person", "People, and their passwords.", ACCESS)
persons.command("create")(people.create_person)
persons.command("list")(rosters.list_people)
persons.command("set-password")(people.set_password)
persons.command("remove-password")(people.remove_password)
persons.command("erase")(people.erase)

event_log = group("events", "The event log.", DATA)
event_log.command("prune")(events.prune)

tokens = group("token", "Access tokens.", ACCESS)
tokens.command("create")(access.create_token)
tokens.command("revoke")(access.revoke_token)
tokens.command("list")(rosters.list_tokens)


def main() -> None:
    """Run the command; what the operator did wrong is one line on standard error.

    The exit code is 2 where the command line cannot be read, 1 where it cannot be done, 130 after Ctrl-C.
    """
    for sentence in unknown_variables():
        typer.secho(f"gateway: {sentence}", err=True, fg="yellow")
    try:
        sys.exit(app(standalone_mode=False, prog_name="gateway"))
    except typer.TyperException as error:
        # None where it printed the help. One line, without the name of the exception that a value's type raised.
        if message := " ".join(error.format_message().replace(": Value error, ", ": ").split()):
            command = getattr(getattr(error, "ctx", None), "command_path", "gateway")
            end = "" if message.endswith((".", "?")) else "."
            _fail(f"{message}{end} See {command} --help.", error.exit_code)
        sys.exit(error.exit_code)
    except (DatabaseFailure, GatewayError, SettingError, StorageFailure, Unusable, VaultError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}.")


def _fail(message: str, code: int = 1) -> NoReturn:
    typer.secho(f"gateway: {message}", err=True, fg="red")
    sys.exit(code)


if __name__ == "__main__":
    main()
