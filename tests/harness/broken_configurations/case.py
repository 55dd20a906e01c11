"""One broken configuration, and what tusk says about it."""

from dataclasses import dataclass, field


@dataclass
class Case:
    says: list  # lines of stderr, without "tusk: "
    status: int = 2
    toml: str | bytes | None = None  # of t.toml, which --config names
    args: list = field(default_factory=list)  # after "check"
    command: str | None = "check"
    env: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)  # name → text


ROOT = 'document_root = "site"\n'
