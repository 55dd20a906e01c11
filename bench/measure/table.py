"""The report as text."""

from measure.sample import Row

_NONE = "-"


def _number(value: float | None, digits: int = 0) -> str:
    return _NONE if value is None else f"{value:,.{digits}f}"


def _ratio(value: float | None) -> str:
    return _NONE if value is None else f"x{value:.2f}"


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value * 100:.0f} %"


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value / scale


# Heading (two lines) and text of each column.
_COLUMNS = (
    (("", ""), lambda row: row.title),
    (("requests", "/s"), lambda row: _number(row.median("requests_per_s"))),
    (("", "ratio"), lambda row: _ratio(row.ratio("requests_per_s"))),
    (("p50", "ms"), lambda row: _number(_scaled(row.median("p50_us"), 1000), 2)),
    (("p99", "ms"), lambda row: _number(_scaled(row.median("p99_us"), 1000), 2)),
    (("", "ratio"), lambda row: _ratio(row.ratio("p99_us"))),
    (("CPU us", "/request"), lambda row: _number(row.median("cpu_us"), 1)),
    (("in", "kernel"), lambda row: _number(row.median("cpu_system_us"), 1)),
    (("", "ratio"), lambda row: _ratio(row.ratio("cpu_us"))),
    (("memory", "MB"), lambda row: _number(_scaled(row.median("pss_bytes"), 1e6), 1)),
    (("", "ratio"), lambda row: _ratio(row.ratio("pss_bytes"))),
    (("", "errors"), lambda row: _number(sum(row.errors().values()))),
    (("spread", "req/s"), lambda row: _share(row.spread("requests_per_s"))),
    (("spread", "CPU"), lambda row: _share(row.spread("cpu_us"))),
)


def align(lines: list[list[str]]) -> str:
    """Aligns the first column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0])]
                  + [text.rjust(width) for text, width in zip(line[1:], widths[1:])]).rstrip()
        for line in lines)


def render(rows: list[Row]) -> str:
    headings = [[heading[i] for heading, _ in _COLUMNS] for i in (0, 1)]
    return align(headings + [[text(row) for _, text in _COLUMNS] for row in rows])


def error_lines(rows: list[Row]) -> list[str]:
    return [f"errors of {row.title}: " + ", ".join(f"{count:,} x {kind}"
                                                   for kind, count in row.errors().items())
            for row in rows if row.errors()]
