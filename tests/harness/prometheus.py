"""A reader of the Prometheus text format (version 0.0.4) that refuses everything that a scraper
would refuse."""

import math
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:{{({_LABEL}(?:,{_LABEL})*)?,?}})? (\S+)(?: -?\d+)?")
_PAIR = re.compile(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"')
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


class Metrics:
    def __init__(self):
        self.types = {}  # family → type
        self.help = {}  # family → text
        self.samples = {}  # (name, ((label, value), ...)) → number

    @classmethod
    def parse(cls, text: str) -> "Metrics":
        metrics = cls()
        assert text.endswith("\n"), "the last line has no end"
        current, closed = None, set()
        for line in text.splitlines():
            if not line:
                continue
            if line.startswith("#"):
                family = metrics._comment(line)
            else:
                family = metrics._sample(line)
            if family is not None and family != current:
                assert family not in closed, f"lines of {family} are not in one group"
                closed.add(current)
                current = family
        metrics._check_histograms()
        return metrics

    def value(self, name: str, **labels) -> float:
        """Returns the sample with this name and exactly these labels."""
        return self.samples[(name, tuple(sorted(labels.items())))]

    def total(self, name: str, **labels) -> float:
        """Returns the sum of all samples with this name whose labels include these."""
        found = [
            value
            for (known, its), value in self.samples.items()
            if known == name and labels.items() <= dict(its).items()
        ]
        assert found, f"no sample of {name} with {labels}"
        return sum(found)

    def _comment(self, line: str) -> str | None:
        parts = line.split(" ", 3)
        if len(parts) < 3 or parts[1] not in ("HELP", "TYPE"):
            return None
        kind, family = parts[1], parts[2]
        assert re.fullmatch(_NAME, family), line
        table = self.help if kind == "HELP" else self.types
        assert family not in table, f"second {kind} line of {family}"
        table[family] = parts[3] if len(parts) > 3 else ""
        if kind == "TYPE":
            assert table[family] in _TYPES, line
            assert not any(
                self._family(name) == family for name, _ in self.samples
            ), f"TYPE of {family} after its first sample"
        return family

    def _sample(self, line: str) -> str:
        match = _SAMPLE.fullmatch(line)
        assert match, f"not a sample: {line!r}"
        name, labels = match[1], _PAIR.findall(match[2] or "")
        assert len(labels) == len(dict(labels)), f"a label twice in {line!r}"
        key = (name, tuple(sorted(labels)))
        assert key not in self.samples, f"duplicate series {line!r}"
        number = float(match[3].replace("Inf", "inf"))
        self.samples[key] = number
        family = self._family(name)
        assert family in self.types and family in self.help, f"{line!r} has no TYPE or no HELP"
        if self.types[family] in ("counter", "histogram"):
            assert number >= 0 and not math.isnan(number), line
        return family

    def _family(self, name: str) -> str:
        for suffix in ("_bucket", "_sum", "_count"):
            base = name.removesuffix(suffix)
            if base != name and self.types.get(base) in ("histogram", "summary"):
                return base
        return name

    def _check_histograms(self) -> None:
        for family in (f for f, kind in self.types.items() if kind == "histogram"):
            series = {}
            for (name, labels), value in self.samples.items():
                if name == family + "_bucket":
                    its = dict(labels)
                    bound = float(its.pop("le").replace("Inf", "inf"))
                    series.setdefault(tuple(sorted(its.items())), []).append((bound, value))
            assert series, f"{family} has no bucket"
            for labels, buckets in series.items():
                buckets.sort()
                counts = [count for _, count in buckets]
                assert counts == sorted(counts), f"buckets of {family} are not cumulative"
                assert buckets[-1][0] == math.inf, f"{family} has no +Inf bucket"
                assert counts[-1] == self.samples[(family + "_count", labels)], family
                assert (family + "_sum", labels) in self.samples, family
