"""An observer for tests."""


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.requests, self.operations, self.statements, self.failures = [], [], [], []
        self.fallbacks, self.reruns, self.refusals = [], [], []
        self.request, self.operation = self.requests.append, self.operations.append
        self.fallback, self.rerun = self.fallbacks.append, self.reruns.append
        self.refusal, self.failure = self.refusals.append, self.failures.append
        self.limits, self.deliveries = [], []
        self.delivery = self.deliveries.append

    def limit(self, name: str, price: float, cap: float, mode: str) -> None:
        self.limits.append((name, price, cap, mode))

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        self.statements.append((sql, rows))
        assert seconds >= 0
