"""The `gateway` command."""

import sys
from typing import NoReturn

import typer

from gateway.commands import access, contracts, events, files, keys, people, plan, rosters, seed, server
from gateway.db.failures import DatabaseFailure
from gateway.db.key_files import VaultError
from gateway.db.migrate import Unusable
from gateway.resolvers.errors import GatewayError
from gateway.settings import SettingError, unknown_variables

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
app.command("serve")(server.serve)
app.command("migrate")(server.bring_up_to_date)
app.command("import")(files.read_files)
app.command("export")(files.write_lines)
app.command("seed")(seed.seed)
app.command("touch")(access.touch)
app.command("plan")(plan.show_plan)
app.command("schema")(contracts.print_schema)
app.command("openapi")(contracts.print_openapi)


def group(name: str, about: str) -> typer.Typer:
    """Commands of one subject, `gateway NAME …`."""
    made = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(made, name=name)
    return made


connectors = group("connectors", "The catalogue of connectors, shown to every organization.")
connectors.command("load")(files.load_connectors)

encryption_keys = group("keys", "Encryption keys of the stored secrets.")
encryption_keys.command("generate")(keys.generate)
encryption_keys.command("list")(keys.show)
encryption_keys.command("rotate")(keys.rotate)

organizations = group("organization", "Organizations, the owners of all data.")
organizations.command("create")(access.create_organization)
organizations.command("update")(access.update_organization)
organizations.command("list")(rosters.list_organizations)

persons = group("person", "People, whom tokens and passwords belong to.")
persons.command("create")(people.create_person)
persons.command("list")(rosters.list_people)
persons.command("erase")(people.erase)
persons.command("set-password")(people.set_password)
persons.command("remove-password")(people.remove_password)

event_log = group("events", "The event log.")
event_log.command("prune")(events.prune)

tokens = group("token", "Access tokens.")
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
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        if message := error.format_message():  # none where the help was asked for by naming no command
            command = getattr(getattr(error, "ctx", None), "command_path", "gateway")
            end = "" if message.endswith((".", "?")) else "."
            _fail(f"{message}{end} See {command} --help.", error.exit_code)
        sys.exit(error.exit_code)
    except (DatabaseFailure, GatewayError, SettingError, Unusable, VaultError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}.")


def _fail(message: str, code: int = 1) -> NoReturn:
    typer.secho(f"gateway: {message}", err=True, fg="red")
    sys.exit(code)


if __name__ == "__main__":
    main()
