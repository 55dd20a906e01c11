"""Certificates and options with which the server does not start, and those that are only doubtful."""

import pytest

from harness.certificates import openssl
from harness.server import PHP_SCRIPTS, run_tusk


def certificate_error(*flags) -> str:
    """Returns the message of a start and of a check: both end with status 1 and one line."""
    for command in ("serve", "check"):
        done = run_tusk(
            *(command, "--root", PHP_SCRIPTS, "--listen", "127.0.0.1:0"),
            *("--internal-addr", "off", *flags),
        )
        assert done.returncode == 1, done.stderr
        assert "configuration ok" not in done.stdout
    return done.stderr


def test_a_key_that_does_not_fit(authority):
    """The message names both files."""
    one, other = authority.issue("localhost"), authority.issue("localhost")
    error = certificate_error("--tls-cert", one.chain, "--tls-key", other.key)
    assert f"the key in {other.key} does not belong to the certificate in {one.chain}" in error


def test_files_that_cannot_be_used(authority, localhost, tmp_path):
    """Missing, not PEM, encrypted, too weak: each causes its own message."""
    missing = tmp_path / "missing.pem"
    error = certificate_error("--tls-cert", missing, "--tls-key", localhost.key)
    assert f"{missing}: No such file or directory" in error
    error = certificate_error("--tls-cert", localhost.key, "--tls-key", localhost.key)
    assert "there is no certificate in it" in error
    error = certificate_error("--tls-cert", localhost.chain)
    assert "there is no private key in it" in error
    secret = tmp_path / "secret.key"
    openssl("pkey", "-in", localhost.key, "-aes256", "-passout", "pass:x", "-out", secret)
    error = certificate_error("--tls-cert", localhost.chain, "--tls-key", secret)
    assert "the key has a passphrase" in error
    error = certificate_error(*localhost.flags(), "--tls-ciphers", "NONSENSE")
    assert "none of the TLS ciphers is known" in error


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--listen", "https://127.0.0.1:0"], "needs a certificate"),
        (["--tls-cert", "a", "--tls-cert", "b", "--tls-key", "c"], "there are 1 keys for 2"),
        (["--tls-self-signed", "--tls-client-auth", "required"], "tls_client_ca"),
        (["--tls-self-signed", "--tls-cert", "a"], "tls_cert gives a certificate already"),
        (["--internal-addr", "https://127.0.0.1:0"], "does not speak TLS"),
    ],
)
def test_options_that_contradict_each_other(flags, message):
    """Status 2, and the message says what to do."""
    done = run_tusk("check", "--root", PHP_SCRIPTS, *flags)
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_usable_but_doubtful_files_are_warnings(start_tusk, authority):
    """An expired certificate, a key that every user can read."""
    old = authority.issue("localhost", days=-1)
    old.key.chmod(0o644)
    tusk = start_tusk(PHP_SCRIPTS, *old.flags())
    tusk.wait_for_log("the certificate expired on ")
    tusk.wait_for_log("every user of this machine can read the private key")


def test_check_reads_the_certificates(localhost):
    """tusk check says ok only if the server would start."""
    done = run_tusk("check", "--root", PHP_SCRIPTS, *localhost.flags())
    assert done.returncode == 0 and done.stdout.startswith("configuration ok")
