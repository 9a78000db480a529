"""Every metric: its name, what it says, and the labels that its series differ by.

Names and units are as https://prometheus.io/docs/practices/naming/ has them. No label has values that a caller chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric.

    Attributes:
        name: that Prometheus knows it by.
        says: its help text.
        labels: names of its labels.
        kind: a counter grows, a gauge is what is so now, a histogram counts observations by their size.
        bounds: of a histogram, the upper ends of its buckets, the last of which has none.
    """

    name: str
    says: str
    labels: tuple[str, ...] = ()
    kind: Literal["counter", "gauge", "histogram"] = "counter"
    bounds: tuple[float, ...] = ()


# Those of https://opentelemetry.io/docs/specs/semconv/http/http-metrics/.
ANSWERING: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
ASKING: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WAKING: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS: Final = Measure(
    "gateway_requests_total",
    "Requests, by what answered them; SUBSCRIBE is an operation on a WebSocket, EVENT one run for an event.",
    ("method", "route", "vendor", "status"),
)
REQUEST_SECONDS: Final = Measure(
    "gateway_request_duration_seconds",
    "How long requests took until their answers were sent; without WebSockets, streams of events and probes.",
    ("method", "route", "vendor"),
    "histogram",
    ANSWERING,
)
OPERATIONS: Final = Measure(
    "gateway_graphql_operations_total",
    "Operations of GraphQL; those with errors in their answers are failed.",
    ("type", "outcome"),
)
OPERATION_SECONDS: Final = Measure(
    "gateway_graphql_operation_duration_seconds",
    "How long queries and mutations took from their request's being read to their result.",
    ("type",),
    "histogram",
    ANSWERING,
)
FALLBACKS: Final = Measure(
    "gateway_graphql_fallbacks_total",
    "Operations that graphql-core's own executor ran, since no plan covers them.",
    ("reason",),
)
RERUNS: Final = Measure(
    "gateway_graphql_reruns_total",
    "Root fields that ran again the exact way, by the exception that generated code met.",
    ("error",),
)
STATEMENT_SECONDS: Final = Measure(
    "gateway_database_statement_duration_seconds",
    "How long statements of SQL took, with the wait for a connection.",
    (),
    "histogram",
    ASKING,
)
ROWS: Final = Measure("gateway_database_rows_total", "Rows that statements of SQL returned.")
REFUSALS: Final = Measure(
    "gateway_refusals_total", "Requests, operations and fields that were refused.", ("code",)
)
LIMITS: Final = Measure(
    "gateway_limit_exceeded_total",
    "What went beyond a limit: refused where it is enforced, let through where it is observed.",
    ("limit", "mode"),
)
FAILURES: Final = Measure(
    "gateway_failures_total", "Faults of the gateway's own, by the type of the exception.", ("error",)
)
DELIVERIES: Final = Measure(
    "gateway_webhook_deliveries_total", "Attempts to deliver an event to a webhook.", ("outcome",)
)
DELIVERY_SECONDS: Final = Measure(
    "gateway_webhook_delivery_duration_seconds",
    "How long attempts to deliver an event took.",
    (),
    "histogram",
    ANSWERING,
)
DELAY_SECONDS: Final = Measure(
    "gateway_event_loop_delay_seconds",
    "How much later than it was due a process's loop did what it does once a second: how busy it is.",
    (),
    "histogram",
    WAKING,
)
CPU_SECONDS: Final = Measure(
    "gateway_cpu_seconds_total", "Processor time of the processes that answer, of the user and the system."
)
CONNECTIONS: Final = Measure(
    "gateway_connections",
    "Connections of callers: busy with a request, idle, or WebSockets.",
    ("state",),
    "gauge",
)
SUBSCRIPTIONS: Final = Measure("gateway_subscriptions", "Subscriptions that are served.", (), "gauge")
WAITING: Final = Measure(
    "gateway_requests_waiting", "Requests that wait for their organization's share.", (), "gauge"
)
DATABASE_CONNECTIONS: Final = Measure(
    "gateway_database_connections",
    "Connections to PostgreSQL of the processes that answer, used or idle.",
    ("state",),
    "gauge",
)
DATABASE_WAITING: Final = Measure(
    "gateway_database_waiting",
    "Who waits for a connection to PostgreSQL, or for a thread that reads or writes SQLite.",
    (),
    "gauge",
)
MEMORY: Final = Measure("gateway_resident_memory_bytes", "Memory of the processes that answer.", (), "gauge")
PROCESSES: Final = Measure(
    "gateway_processes", "Processes that answer, and have said so within the last ten seconds.", (), "gauge"
)
INFO: Final = Measure("gateway_info", "The release that runs.", ("version",), "gauge")

FAMILIES: Final[Sequence[Measure]] = (
    REQUESTS,
    REQUEST_SECONDS,
    OPERATIONS,
    OPERATION_SECONDS,
    FALLBACKS,
    RERUNS,
    STATEMENT_SECONDS,
    ROWS,
    REFUSALS,
    LIMITS,
    FAILURES,
    DELIVERIES,
    DELIVERY_SECONDS,
    DELAY_SECONDS,
    CPU_SECONDS,
    CONNECTIONS,
    SUBSCRIPTIONS,
    WAITING,
    DATABASE_CONNECTIONS,
    DATABASE_WAITING,
    MEMORY,
    PROCESSES,
    INFO,
)
