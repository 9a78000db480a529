"""OpenInt's writes with their parameters, and the reads of its connector configurations."""

from typing import Any

from gateway.resolvers.errors import Conflict, Forbidden, NotFound
from gateway.resolvers.viewer import Scope
from gateway.rest.vendor import Endpoint, Parameter, by_tag_alone
from gateway.vendors.openint import changes, config_reads, configs
from gateway.vendors.openint.parameters import not_starting
from gateway.vendors.openint.reads import LIMIT, OFFSET
from gateway.vendors.openint.refusals import CONNECTION_NOT_FOUND, BadInput
from gateway.vendors.openint.shapes import CONFIG_PREFIX, CONNECTION_PREFIX, Connection

_TEXT = {"type": "string"}
_ORGANIZATION_ONLY = Forbidden(configs.ORGANIZATION_ONLY)
_NO_CONFIG = NotFound(configs.config_not_found("ccfg_acme_01"))


def _named(prefix: str, what: str, member: str | None = None) -> Parameter:
    return Parameter(
        name="id",
        description=f"The id of the {what}.",
        schema={"type": "string", "pattern": f"^{prefix}"},
        place="path",
        shown=None if member is None else ("openint-connection.json", member),
    )


_CONNECTION = _named(CONNECTION_PREFIX, "connection", "id")
_CONFIG = _named(CONFIG_PREFIX, "configuration")
_EXPAND = Parameter(
    name="expand",
    description="Related objects to include in the response. Repeat the parameter, or separate the values by commas.",
    schema={"type": "array", "items": {"type": "string", "enum": [*config_reads.EXPANSIONS, ""]}},
)
_BAD_CONNECTION = BadInput([not_starting(CONNECTION_PREFIX, ["id"])])
_BAD_CONFIG = BadInput([not_starting(CONFIG_PREFIX, ["id"])])

WRITES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/connection",
        operation_id="createConnection",
        summary="Create Connection",
        arguments=changes.new_arguments,
        answer=changes.create_connection,
        mutation="create-connection",
        request=changes.NewConnectionBody,
        response=Connection,
        scope=Scope.WRITE,
        refusals=(
            BadInput([not_starting(CONFIG_PREFIX, ["connector_config_id"])]),
            NotFound("Connector config ccfg_acme_01 not found"),
            _ORGANIZATION_ONLY,
        ),
    ),
    Endpoint(
        method="DELETE",
        path="/connection/{id}",
        operation_id="deleteConnection",
        summary="Delete Connection",
        arguments=changes.named_arguments,
        answer=changes.delete_connection,
        mutation="delete-connection",
        response=configs.Deleted,
        scope=Scope.WRITE,
        refusals=(_BAD_CONNECTION, NotFound(CONNECTION_NOT_FOUND)),
        parameters=(_CONNECTION,),
    ),
    Endpoint(
        method="POST",
        path="/connection/{id}/check",
        operation_id="checkConnection",
        summary="Check Connection Health",
        arguments=changes.named_arguments,
        answer=changes.check_connection,
        response=changes.Checked,
        refusals=(_BAD_CONNECTION, NotFound(CONNECTION_NOT_FOUND)),
        parameters=(_CONNECTION,),
    ),
    Endpoint(
        path="/connector-config",
        operation_id="listConnectorConfigs",
        summary="List Configured Connectors",
        arguments=config_reads.list_arguments,
        answer=config_reads.list_configs,
        repeats=by_tag_alone,
        response=config_reads.ConnectorConfigs,
        refusals=(_BAD_CONFIG,),
        parameters=(
            LIMIT,
            OFFSET,
            _EXPAND,
            Parameter(
                name="connector_names",
                description="Return only configurations of these connectors. Repeat the parameter, or separate the "
                "names by commas.",
                schema={"anyOf": [{"type": "array", "items": _TEXT}, _TEXT]},
            ),
            Parameter(
                name="search_query",
                description="Return only configurations whose id or connector name contains this text. Case is "
                "ignored.",
                schema=_TEXT,
            ),
        ),
    ),
    Endpoint(
        path="/connector-config/{id}",
        operation_id="getConnectorConfig",
        summary="Get Connector Config",
        arguments=config_reads.get_arguments,
        answer=config_reads.get_config,
        repeats=by_tag_alone,
        response=configs.ConnectorConfig,
        refusals=(_BAD_CONFIG, _NO_CONFIG),
        parameters=(_CONFIG, _EXPAND),
    ),
    Endpoint(
        method="POST",
        path="/connector-config",
        operation_id="createConnectorConfig",
        summary="Create Connector Config",
        arguments=configs.new_arguments,
        answer=configs.create_config,
        request=configs.NewConfigBody,
        response=configs.ConnectorConfig,
        scope=Scope.WRITE,
        refusals=(_BAD_CONFIG, _ORGANIZATION_ONLY),
    ),
    Endpoint(
        method="PUT",
        path="/connector-config/{id}",
        operation_id="updateConnectorConfig",
        summary="Update Connector Config",
        arguments=configs.update_arguments,
        answer=configs.update_config,
        request=configs.ConfigChangesBody,
        response=configs.ConnectorConfig,
        scope=Scope.WRITE,
        refusals=(_BAD_CONFIG, _NO_CONFIG, _ORGANIZATION_ONLY),
        parameters=(_CONFIG,),
    ),
    Endpoint(
        method="DELETE",
        path="/connector-config/{id}",
        operation_id="deleteConnectorConfig",
        summary="Delete Connector Config",
        arguments=configs.get_arguments,
        answer=configs.delete_config,
        response=configs.Deleted,
        scope=Scope.WRITE,
        refusals=(
            _BAD_CONFIG,
            _NO_CONFIG,
            _ORGANIZATION_ONLY,
            Conflict("Accounts are connected by this configuration."),
        ),
        parameters=(_CONFIG,),
    ),
    Endpoint(
        method="PUT",
        path="/customer",
        operation_id="upsertCustomer",
        summary="Upsert Customer",
        arguments=configs.customer_arguments,
        answer=configs.put_customer,
        request=configs.CustomerBody,
        response=configs.Customer,
        scope=Scope.WRITE,
        refusals=(_ORGANIZATION_ONLY,),
    ),
    Endpoint(
        method="POST",
        path="/customer/{customer_id}/token",
        operation_id="createToken",
        summary="Create Customer Authentication Token",
        arguments=configs.token_arguments,
        answer=configs.create_token,
        request=configs.TokenBody,
        response=configs.Token,
        scope=Scope.ADMIN,
        refusals=(_ORGANIZATION_ONLY,),
        parameters=(
            Parameter(
                name="customer_id",
                description="The id that your organization gave to the customer.",
                schema=_TEXT,
                place="path",
                shown=("openint-connection.json", "customer_id"),
            ),
        ),
    ),
)
