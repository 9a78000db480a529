"""OpenInt's reads with their parameters, as documented at https://docs.openint.dev."""

from typing import Any

from gateway.rest.vendor import Endpoint, Parameter, never
from gateway.vendors.openint.connections import (
    Connections,
    get_arguments,
    get_connection,
    get_variables,
    list_arguments,
    list_connections,
    list_variables,
    repeats,
)
from gateway.vendors.openint.connectors import (
    Connectors,
    connector_arguments,
    connector_variables,
    list_connectors,
)
from gateway.vendors.openint.parameters import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_OFFSET,
    REFRESH_POLICIES,
    not_among,
)
from gateway.vendors.openint.refusals import BadInput
from gateway.vendors.openint.shapes import CONFIG_PREFIX, CONNECTION_PREFIX, Connection
from gateway.vendors.openint.viewer import Viewer, get_viewer, viewer_arguments


def _whole_number(maximum: int, default: int) -> dict[str, Any]:
    """The schema of a number that is parsed as JavaScript parses text: a blank is 0."""
    return {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": maximum},
            {"type": "string", "pattern": r"^\s*$"},
        ],
        "default": default,
    }


LIMIT = Parameter(
    name="limit",
    description="The number of items on a page.",
    schema=_whole_number(MAX_LIMIT, DEFAULT_LIMIT),
)
OFFSET = Parameter(
    name="offset",
    description="How many items to skip before the page.",
    schema=_whole_number(MAX_OFFSET, 0),
)
_INCLUDE_SECRETS = Parameter(
    name="include_secrets",
    description=(
        "Whether the response includes `settings`. Requires a token with the scope `secrets`. `false`, `0` and "
        "`none` mean no. (The vendor takes them for yes.)"
    ),
    schema={"default": False},
)
_EXPAND = Parameter(
    name="expand",
    description="Related objects to include in the response. Repeat the parameter, or separate the values by commas.",
    schema={"type": "array", "items": {"type": "string", "enum": ["connector", ""]}, "default": []},
)

_BAD_INPUT = BadInput([not_among("integration", ("connector",), ["expand", 0])])


def _refresh_policy(default: str) -> Parameter:
    return Parameter(
        name="refresh_policy",
        description="When to refresh the credentials: `none` never, `force` always, `auto` if they have expired.",
        schema={"type": "string", "enum": list(REFRESH_POLICIES), "default": default},
    )


READS = (
    Endpoint(
        path="/connection",
        operation_id="listConnections",
        summary="List Connections",
        arguments=list_arguments,
        answer=list_connections,
        repeats=repeats,
        response=Connections,
        document="connections",
        variables=list_variables,
        refusals=(_BAD_INPUT,),
        parameters=(
            LIMIT,
            OFFSET,
            Parameter(
                name="connector_names",
                description="Return only connections of these connectors. Repeat the parameter, or separate the names "
                "by commas.",
                schema={"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
            ),
            Parameter(
                name="customer_id",
                description="Return only connections of this customer.",
                schema={"type": "string"},
            ),
            Parameter(
                name="connector_config_id",
                description="Return only connections of this connector configuration.",
                schema={"type": "string", "pattern": f"^{CONFIG_PREFIX}"},
            ),
            _INCLUDE_SECRETS,
            _EXPAND,
            Parameter(
                name="search_query",
                description="Return only connections whose id, customer id or connector name contains this text. Case "
                "is ignored.",
                schema={"type": "string"},
            ),
            _refresh_policy("none"),
        ),
    ),
    Endpoint(
        path="/connection/{id}",
        operation_id="getConnection",
        summary="Get Connection",
        arguments=get_arguments,
        answer=get_connection,
        repeats=repeats,
        response=Connection,
        document="connection",
        variables=get_variables,
        example="openint-connection.json",
        refusals=(_BAD_INPUT,),
        parameters=(
            Parameter(
                name="id",
                description="The id of the connection, such as `conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ`.",
                schema={"type": "string", "pattern": f"^{CONNECTION_PREFIX}"},
                place="path",
                shown=("openint-connection.json", "id"),
            ),
            _INCLUDE_SECRETS,
            _refresh_policy("auto"),
            _EXPAND,
        ),
    ),
    Endpoint(
        path="/connector",
        operation_id="listConnectors",
        summary="List Connectors",
        arguments=connector_arguments,
        answer=list_connectors,
        response=Connectors,
        document="connectors",
        variables=connector_variables,
        refusals=(_BAD_INPUT,),
        parameters=(
            LIMIT,
            OFFSET,
            Parameter(
                name="expand",
                description="Related objects to include in the response. Repeat the parameter, or separate the values "
                "by commas.",
                schema={"type": "array", "items": {"type": "string", "enum": ["schemas", ""]}},
            ),
        ),
    ),
    Endpoint(
        path="/viewer",
        operation_id="viewer",
        summary="Get Current User",
        arguments=viewer_arguments,
        answer=get_viewer,
        repeats=never,
        response=Viewer,
        document="viewer",
    ),
)
