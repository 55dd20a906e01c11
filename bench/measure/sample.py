"""Sample: the result of one peer in one round. Row: the summary of all rounds."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Sample:
    requests: int
    cpu_user_us: float  # per request, of all the server's processes
    cpu_system_us: float
    pss_bytes: int | None
    errors: dict[str, int] = field(default_factory=dict)
    others_cores: float = 0.0  # CPUs that other processes used
    # Unknown if there is no server.
    requests_per_s: float | None = None
    p50_us: int | None = None
    p99_us: int | None = None

    @property
    def cpu_us(self) -> float:
        return self.cpu_user_us + self.cpu_system_us


@dataclass
class Row:
    """Medians over the rounds. Ratios are computed within a round, where the machine was the
    same for both peers; then their median is taken."""

    peer: str
    title: str
    samples: list[Sample]
    baseline: list[Sample] | None = None

    def median(self, name: str) -> float | None:
        values = [getattr(sample, name) for sample in self.samples]
        return None if None in values else median(values)

    def ratio(self, name: str) -> float | None:
        if self.baseline is None:
            return None
        pairs = [(getattr(mine, name), getattr(other, name))
                 for mine, other in zip(self.samples, self.baseline)]
        if any(mine is None or not other for mine, other in pairs):
            return None
        return median(mine / other for mine, other in pairs)

    def spread(self, name: str) -> float | None:
        """Returns the difference of the worst and the best round, relative to the median."""
        values = [getattr(sample, name) for sample in self.samples]
        if None in values or len(values) < 2 or not median(values):
            return None
        return (max(values) - min(values)) / median(values)

    def errors(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for sample in self.samples:
            for kind, count in sample.errors.items():
                total[kind] = total.get(kind, 0) + count
        return total

    def as_dict(self) -> dict:
        medians = ("requests_per_s", "p50_us", "p99_us", "cpu_us", "cpu_user_us", "cpu_system_us",
                   "pss_bytes")
        return {
            "peer": self.peer,
            **{name: self.median(name) for name in medians},
            "errors": self.errors(),
            "ratio": {name: self.ratio(name) for name in ("requests_per_s", "p99_us", "cpu_us",
                                                          "pss_bytes")},
            "spread": {name: self.spread(name) for name in ("requests_per_s", "cpu_us")},
            "rounds": [vars(sample) for sample in self.samples],
        }
