"""What becomes of a request that goes beyond a limit: whoever watches is told, and the limit's mode decides."""

from gateway.limits import Limit, Mode
from gateway.observe.records import RequestRecord


def told(limit: Limit, price: float, record: RequestRecord) -> bool:
    """Tell that a request goes beyond a limit, and return whether it is to be refused for that.

    Args:
        limit: that is not off.
        price: what was counted.
        record: of the request.
    """
    record.exceeded(limit.name, price, limit.number, limit.mode.value)
    return limit.mode is Mode.ENFORCE
