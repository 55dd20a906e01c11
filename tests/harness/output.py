"""What tests/php/output.php prints."""

import hashlib


def output_pieces(mib: int):
    """Returns the MiBs of /output.php?mib=N, one after the other."""
    return (hashlib.md5(str(i).encode()).hexdigest().encode() * 32768 for i in range(mib))


def sha256(pieces) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def output_sha256(mib: int) -> str:
    """Returns the digest of all that /output.php?mib=N prints."""
    return sha256(output_pieces(mib))
