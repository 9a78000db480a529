"""The closed sets of values that columns hold."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    RETAILER = "retailer"
    SUPPLIER = "supplier"
    NONE = "none"


class ConnectionRequestKind(StrEnum):
    TRADING_PARTNER = "trading_partner"
    ACCESS = "access"


class ConnectionRequestStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELED = "canceled"


class DecisionOutcome(StrEnum):
    APPROVED = "approved"
    DENIED = "denied"
    CANCELED = "canceled"


class ConnectedAccountKind(StrEnum):
    COMMERCE = "commerce"
    CONNECTOR = "connector"


class ConnectedAccountStatus(StrEnum):
    HEALTHY = "healthy"
    DISCONNECTED = "disconnected"
    ERROR = "error"
    MANUAL = "manual"
    UNKNOWN = "unknown"


class WebhookDisabledReason(StrEnum):
    REQUESTED = "requested"
    FAILING = "failing"
    GONE = "gone"


class WebhookOutcome(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"
