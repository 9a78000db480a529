"""Read OpenInt's connector configurations, with related objects on request.

Source: packages/api-v1/trpc/routers/connectorConfig.ts of https://github.com/openintegrations/openint.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import EVERYTHING, Where, all_of, any_of, compare, is_in, is_text
from gateway.db.pages import Window
from gateway.db.statements import Row
from gateway.resolvers.context import Context
from gateway.rest.calls import Call
from gateway.vendors.openint.configs import COLUMNS, CONFIGS, ConnectorConfig, config_row, connector_config
from gateway.vendors.openint.connections import CONNECTORS_ALONE
from gateway.vendors.openint.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, Input, has_next_page
from gateway.vendors.openint.shapes import CONFIG_PREFIX, CONNECTOR

LATEST_FIRST = Order.of(CONFIGS, (("updated_at", True),))

_CONNECTOR, _SCHEMAS, _COUNT = "connector", "connector.schemas", "connection_count"
EXPANSIONS: Final = (_CONNECTOR, _SCHEMAS, _COUNT)
"""The related objects that a response can include."""


class ConnectorConfigs(TypedDict):
    items: list[ConnectorConfig]
    total: int
    limit: int
    offset: int
    has_next_page: bool


class GetArguments(NamedTuple):
    id: str
    expand: list[str]


class ListArguments(NamedTuple):
    limit: int
    offset: int
    expand: list[str]
    connector_names: list[str]
    search_query: str | None


def get_arguments(call: Call) -> GetArguments:
    """The configuration's id, and the related objects to include.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given = Input(call)
    arguments = GetArguments(given.path_id(CONFIG_PREFIX), given.choices("expand", EXPANSIONS))
    given.check()
    return arguments


async def get_config(context: Context, arguments: GetArguments) -> ConnectorConfig:
    """One configuration. Unlike in a list, the connector's schemas are included only together with the connector.

    Raises:
        NotFound: the viewer sees no such configuration.
    """
    row = await config_row(context, arguments.id)
    expand = arguments.expand if _CONNECTOR in arguments.expand else {*arguments.expand} - {_SCHEMAS}
    config: ConnectorConfig
    [config] = await _expanded(context, [row], expand)
    return config


def list_arguments(call: Call) -> ListArguments:
    """The filters and the page of a list, and the related objects to include.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given = Input(call)
    arguments = ListArguments(
        given.whole_number("limit", DEFAULT_LIMIT, MAX_LIMIT),
        given.whole_number("offset", 0, MAX_OFFSET),
        given.choices("expand", EXPANSIONS),
        given.items("connector_names"),
        (given.text("search_query") or "").strip() or None,
    )
    given.check()
    return arguments


async def list_configs(context: Context, arguments: ListArguments) -> ConnectorConfigs:
    where = _where(arguments)
    page = await context.page(
        CONFIGS,
        LATEST_FIRST,
        Window(arguments.limit, offset=arguments.offset),
        columns=COLUMNS,
        where=where,
        total_count=True,
    )
    items = await _expanded(context, page.rows, arguments.expand)
    total = await context.length(page, where) if items else 0
    return {
        "items": items,
        "total": total,
        "limit": arguments.limit,
        "offset": arguments.offset,
        "has_next_page": has_next_page(context, arguments.limit, arguments.offset, total),
    }


def _where(arguments: ListArguments) -> Where:
    if arguments.connector_names:
        names = [name for name in dict.fromkeys(arguments.connector_names) if is_text(name)]
        return is_in("connector_name", names)
    if (part := arguments.search_query) is not None:
        if not is_text(part):
            return is_in("id", [])
        return any_of(*[compare("contains", name, part) for name in ("id", "connector_name")])
    return EVERYTHING


async def _expanded(context: Context, rows: list[Row], expand: Collection[str]) -> list[Any]:
    """Configurations with the requested related objects. An unknown connector is left out."""
    configs = [connector_config(context, row) for row in rows]
    if _CONNECTOR in expand or _SCHEMAS in expand:
        known = await _connectors(context, rows, with_schemas=_SCHEMAS in expand)
        for row, config in zip(rows, configs, strict=True):
            if row.connector_name in known:
                config["connector"] = known[row.connector_name]
    if _COUNT in expand and rows:
        where = all_of(CONNECTORS_ALONE, is_in("connector_config_id", [row.id for row in rows]))
        window = Window(len(rows))
        groups = await context.groups(db.connected_accounts, "connector_config_id", window, where=where)
        counts = {each.value: each.n for each in groups}
        for row, config in zip(rows, configs, strict=True):
            config["connection_count"] = counts.get(row.id, 0)
    return configs


async def _connectors(context: Context, rows: list[Row], *, with_schemas: bool) -> dict[str, Any]:
    """The connectors of configurations, by name."""
    names = {row.connector_name for row in rows}
    found = await context.rows(db.connectors, names, columns=CONNECTOR.columns) if names else {}
    shown = await CONNECTOR.render(context, list(found.values()))
    if not with_schemas:
        shown = [{name: value for name, value in each.items() if name != "schemas"} for each in shown]
    return dict(zip(found, shown, strict=True))
