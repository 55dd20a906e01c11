"""Draws a mermaid sequence diagram as SVG, so that the site needs no script of another host for it.

It knows what our diagrams use: participants, arrows, notes, and alt/else/end. Anything else is an
error, which fails the build."""

import html
import re

_COLUMN, _LINE, _MARGIN, _CHARACTER = 210, 34, 20, 6.6
_ARROW = re.compile(r"(\w+)(--?>>)(\w+): (.*)")


class _Drawing:
    def __init__(self):
        self.names, self.shapes, self.frames = [], [], []
        self.y = 70

    def x(self, name: str) -> float:
        return _MARGIN + _COLUMN * (self.names.index(name) + 0.5)

    def text(self, x, y, text, anchor="middle", kind="label"):
        shown = html.escape(text)
        self.shapes.append(f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{kind}">{shown}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.shapes.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" class="{kind}"/>')

    def arrow(self, start, dashes, end, text):
        left, right = self.x(start), self.x(end)
        self.text((left + right) / 2, self.y - 5, text)
        tip = right - 7 if right > left else right + 7
        self.line(left, self.y, tip, self.y, "arrow dashed" if dashes == "-->>" else "arrow")
        back = tip - 5 if right > left else tip + 5
        self.shapes.append(
            f'<polygon points="{right:.0f},{self.y} {back:.0f},{self.y - 5} {back:.0f},{self.y + 5}"/>'
        )

    def note(self, name, text):
        width = len(text) * _CHARACTER + 20
        left = max(2, self.x(name) - width / 2)
        self.shapes.append(
            f'<rect x="{left:.0f}" y="{self.y - 17}" width="{width:.0f}" height="24" rx="4" class="note"/>'
        )
        self.text(left + width / 2, self.y, text)

    def begin(self, text):
        self.frames.append(self.y - 20)
        self.text(_MARGIN + 6, self.y - 3, text, "start", "condition")

    def otherwise(self, text):
        self.line(_MARGIN, self.y - 20, self.width() - _MARGIN, self.y - 20, "arrow dashed faint")
        self.text(_MARGIN + 6, self.y - 3, text, "start", "condition")

    def end(self):
        top = self.frames.pop()
        self.shapes.append(
            f'<rect x="{_MARGIN}" y="{top}" width="{self.width() - 2 * _MARGIN}" '
            f'height="{self.y - 22 - top}" class="frame"/>'
        )

    def width(self) -> int:
        return 2 * _MARGIN + _COLUMN * len(self.names)

    def svg(self, titles: dict) -> str:
        bottom = self.y - 10
        lines = []
        for name in self.names:
            x = self.x(name)
            lines.append(f'<line x1="{x:.0f}" y1="36" x2="{x:.0f}" y2="{bottom}" class="life"/>')
            lines.append(f'<rect x="{x - 70:.0f}" y="8" width="140" height="28" rx="4" class="note"/>')
            lines.append(
                f'<text x="{x:.0f}" y="27" text-anchor="middle" class="title">{html.escape(titles[name])}</text>'
            )
        return (
            f'<svg class="sequence" viewBox="0 0 {self.width()} {bottom + 8}" '
            f'xmlns="http://www.w3.org/2000/svg" role="img">{"".join(lines + self.shapes)}</svg>'
        )


def svg(source: str) -> str:
    """Returns the picture of a `sequenceDiagram`."""
    lines = [line.strip() for line in source.strip().splitlines()]
    if lines[0] != "sequenceDiagram":
        raise ValueError(f"only sequence diagrams can be drawn, not {lines[0]!r}")
    drawing, titles = _Drawing(), {}
    for line in lines[1:]:
        word, _, rest = line.partition(" ")
        if word == "participant":
            name, _, title = rest.partition(" as ")
            drawing.names.append(name)
            titles[name] = title
            continue
        if arrow := _ARROW.fullmatch(line):
            drawing.arrow(*arrow.groups())
        elif note := re.fullmatch(r"Note over (\w+): (.*)", line):
            drawing.note(*note.groups())
        elif word == "alt":
            drawing.begin(rest)
        elif word == "else":
            drawing.otherwise(rest)
        elif word == "end":
            drawing.end()
            drawing.y -= _LINE // 2
        else:
            raise ValueError(f"a line that cannot be drawn: {line!r}")
        drawing.y += _LINE
    return drawing.svg(titles)
