"""Context: what is common to all measurements of a run."""

from dataclasses import dataclass
from pathlib import Path

from measure.build import Programs

# The same for every PHP that takes part; the rest is PHP's own default.
PHP_INI = """\
opcache.enable=1
register_argc_argv=0
display_errors=0
log_errors=1
"""


@dataclass(frozen=True)
class Context:
    programs: Programs
    php_version: str
    work_dir: Path  # logs, sockets and configuration of the peers; private to this run
    connections: int
    seconds: int
    warm_up_seconds: int
    document_root: Path  # bench/scripts, and the files of file_tree.py

    @property
    def php_ini(self) -> Path:
        path = self.work_dir / "php.ini"
        if not path.exists():
            path.write_text(PHP_INI)
        return path
