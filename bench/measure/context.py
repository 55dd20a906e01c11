"""Context: what all measurements of a run have in common."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from measure.build import Programs

# The same for every PHP that takes part; other settings are PHP's defaults.
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

    def certificate(self) -> tuple[Path, Path]:
        """Certificate and key (ECDSA, P-256), the same for every peer that speaks TLS."""
        certificate, key = self.work_dir / "tls.pem", self.work_dir / "tls.key"
        if not key.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-noenc", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", str(key),
                 "-out", str(certificate)], check=True, capture_output=True)
        return certificate, key
