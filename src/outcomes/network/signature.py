"""Signatures of OpenSSH: a site signs its manifest with its own key, the centre looks the key up in its allowed signers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from outcomes.errors import InputError

NAMESPACE = "outcomes-site-package"
ENDING = ".sig"


def sign(file: Path, key: Path) -> Path:
    """Sign a file with a private key; return the signature, which lies beside it. A passphrase is asked for by ssh-keygen itself.

    Raises
    ------
    InputError
        There is no ssh-keygen, no such key, or it refuses.
    """
    if not key.is_file():
        raise InputError(f"{key}: no such key. Make one with: ssh-keygen -t ed25519 -f {key}")
    place = Path(f"{file}{ENDING}")
    place.unlink(missing_ok=True)
    done = _run("sign", "-f", str(key), "-n", NAMESPACE, str(file))
    if done.returncode or not place.is_file():
        raise InputError(f"{key}: ssh-keygen did not sign ({_last(done.stderr)}).")
    return place


def verify(file: Path, signer: str, allowed_signers: Path) -> str | None:
    """Return why a file's signature is not the signer's; None where it is.

    Raises
    ------
    InputError
        There is no ssh-keygen, or no file of allowed signers.
    """
    if not allowed_signers.is_file():
        raise InputError(
            f"{allowed_signers}: no such file. A line of it is a site's code and its public key: site-1 ssh-ed25519 AAAA…"
        )
    signature = Path(f"{file}{ENDING}")
    if not signature.is_file():
        return f"not signed: there is no {signature.name}"
    command = ("verify", "-f", str(allowed_signers), "-I", signer, "-n", NAMESPACE, "-s", str(signature))
    done = _run(*command, content=file.read_bytes())
    return (
        f"the signature is not that of '{signer}' on this manifest ({_last(done.stderr + done.stdout)})"
        if done.returncode
        else None
    )


def _run(way: str, *options: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen is not installed; it is part of OpenSSH 8.1 and later.")
    return subprocess.run([program, "-Y", way, *options], input=content, capture_output=True, check=False)


def _last(text: bytes) -> str:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
