"""The findings of a sweep, and how they are reported."""

import json
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path

# The worst kinds first.
KINDS = {
    "died": "the server was gone",
    "innocents": "other requests were answered wrongly",
    "unanswered": "the request got no answer",
    "descriptors": "descriptors stayed open",
    "memory": "memory stayed",
    "lost": "a worker was lost: nothing ends the call",
}


@dataclass
class Finding:
    kind: str
    subject: str
    what: str  # the signal, the difference, how much
    seed: int
    calls: list  # their numbers
    code: str = ""  # PHP that does it
    reproduced: str = "no"  # "alone", "beside other requests", "no"
    log: str = ""


def exit_text(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


@dataclass
class Findings:
    """Kept in a file, so that an interrupted sweep can continue."""

    file: Path
    seed: int
    position: int = 0  # subjects swept, over all rounds
    calls: int = 0
    innocent_answers: int = 0
    slowest_innocent_s: float = 0.0
    late_innocents: int = 0  # 504
    found: list = field(default_factory=list)

    @classmethod
    def load(cls, file: Path, seed: int) -> "Findings":
        if file.is_file():
            kept = json.loads(file.read_text())
            if kept["seed"] == seed:
                kept["found"] = [Finding(**one) for one in kept["found"]]
                return cls(file=file, **kept)
        return cls(file, seed)

    def save(self) -> None:
        kept = asdict(self)
        del kept["file"]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(kept, indent=1))

    def add(self, finding: Finding) -> None:
        self.found.append(finding)
        self.save()

    def of(self, kind: str) -> list:
        return [one for one in self.found if one.kind == kind]

    def markdown(self) -> str:
        lines = [
            f"Seed {self.seed}: {self.position} subjects, {self.calls} calls; beside them"
            f" {self.innocent_answers} innocent requests, the slowest"
            f" {self.slowest_innocent_s:.1f} s, {self.late_innocents} over the time limit.",
            "",
            "| what | how many |",
            "|---|---|",
        ]
        lines += [f"| {text} | {len(self.of(kind))} |" for kind, text in KINDS.items()]
        for kind, text in KINDS.items():
            found = self.of(kind)
            if not found:
                continue
            lines += ["", f"## {text[0].upper()}{text[1:]}", ""]
            for one in found:
                lines.append(f"- `{one.subject}`: {one.what}; again: {one.reproduced}")
                if one.code:
                    lines += ["", "  ```php", *("  " + line[:400] for line in one.code.splitlines())]
                    lines += ["  ```"]
                if one.log:
                    lines += ["", "  ```", *("  " + line[:300] for line in one.log.splitlines())]
                    lines += ["  ```"]
        return "\n".join(lines) + "\n"
