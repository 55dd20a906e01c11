"""Makes lists readable for Python-Markdown. The forge's Markdown (CommonMark) lets a list follow a
paragraph directly, and indents what belongs to an item by the width of its mark; Python-Markdown wants
an empty line before a list, and four spaces."""

import re

_ITEM = re.compile(r"( *)([-*+]|\d+[.)])( +)\S")
_FENCE = re.compile(r" *(```|~~~)")


def indented(markdown: str) -> str:
    out, items, fence, gap, before = [], [], False, False, ""
    for line in markdown.split("\n"):
        opens = bool(_FENCE.match(line))
        width = len(line) - len(line.lstrip(" "))
        item = None if fence or opens else _ITEM.match(line)
        if line.strip() and not fence:
            # Lines that are indented less than an item's text are not of that item, except for a
            # paragraph's lazy continuation, which we do not write.
            while items and width < items[-1]:
                items.pop()
        if item:
            depth = len(items)
            begins = not _ITEM.match(before) or len(before) - len(before.lstrip()) != width
            follows_text = begins and depth == 0 and not out[-1].startswith("    ")
            # After an item of several paragraphs the next mark would belong to its last paragraph.
            if out and before.strip() and (follows_text or gap):
                out.append("")
            gap = False
            mark = item[2]
            text = line[item.end() - 1 :]
            pad = "    " * depth
            out.append(f"{pad}{mark} {text}")
            items.append(item.end() - 1)
        elif items and line.strip():
            out.append("    " * len(items) + line[items[-1] :] if width >= items[-1] else line)
        else:
            gap = gap or bool(items)
            out.append(line)
        if opens:
            fence = not fence
        before = line
    return "\n".join(out)
