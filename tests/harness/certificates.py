"""Certificates for tests, made by the openssl program as a user would make them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEYS = {
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


def openssl(*arguments, **options) -> subprocess.CompletedProcess:
    """Runs the program; if it fails, the error has its stderr."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done


@dataclass
class Certificate:
    chain: Path  # PEM: the certificate, then the authority's
    key: Path

    def flags(self) -> list:
        return ["--tls-cert", self.chain, "--tls-key", self.key]

    def replace_with(self, other: "Certificate") -> None:
        """Replaces the files like a renewal tool: each atomically, one after the other."""
        for ours, theirs in ((self.chain, other.chain), (self.key, other.key)):
            fresh = ours.with_suffix(".new")
            shutil.copy(theirs, fresh)
            fresh.replace(ours)


class Authority:
    """Issues certificates below a directory."""

    def __init__(self, directory: Path, name: str = "Test CA"):
        self._directory = directory
        self._issued = 0
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = directory / "ca.pem", directory / "ca.key"
        openssl("genpkey", *_KEYS["ec"], "-out", self.key)
        openssl(
            *("req", "-x509", "-new", "-key", self.key, "-out", self.certificate),
            *("-days", "30", "-subj", f"/O=tusk tests/CN={name}"),
        )

    def issue(self, *names: str, key: str = "ec", days: int = 30, subject: str = "") -> Certificate:
        """Issues a certificate for host names, or for a client with `subject`."""
        self._issued += 1
        stem = self._directory / f"{self._issued}"
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        result = Certificate(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        openssl("genpkey", *_KEYS[key], "-out", result.key)
        result.key.chmod(0o600)
        subject = subject or f"/CN={names[0]}"
        openssl("req", "-new", "-utf8", "-key", result.key, "-out", request, "-subj", subject)
        kinds = ("email" if "@" in n else "IP" if n[-1].isdigit() else "DNS" for n in names)
        alternatives = ",".join(f"{kind}:{name}" for kind, name in zip(kinds, names))
        usage = "serverAuth,clientAuth"
        extensions.write_text(f"subjectAltName={alternatives}\nextendedKeyUsage={usage}\n")
        openssl(
            *("x509", "-req", "-in", request, "-out", result.chain, "-extfile", extensions),
            *("-CA", self.certificate, "-CAkey", self.key, "-days", days),
            *("-set_serial", 1000 + self._issued),
        )
        result.chain.write_text(result.chain.read_text() + self.certificate.read_text())
        return result

    def ocsp_response(self, certificate: Certificate, days: int = 7) -> Path:
        """Returns the authority's response that the certificate is good, in DER."""
        request, answer = self._directory / "ocsp.req", certificate.chain.with_suffix(".ocsp")
        index = self._directory / "index.txt"
        serial = openssl("x509", "-in", certificate.chain, "-noout", "-serial").stdout.decode()
        number = serial.strip().partition("=")[2]
        index.write_text(f"V\t491231235959Z\t\t{number}\tunknown\t/CN=x\n")
        openssl(
            *("ocsp", "-no_nonce", "-issuer", self.certificate, "-cert", certificate.chain),
            *("-reqout", request),
        )
        openssl(
            *("ocsp", "-index", index, "-CA", self.certificate, "-rsigner", self.certificate),
            *("-rkey", self.key, "-reqin", request, "-respout", answer, "-ndays", days),
        )
        return answer
