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
    content, places = file.read_bytes(), ("-n", NAMESPACE, "-s", str(signature))
    if _run("verify", "-f", str(allowed_signers), "-I", signer, *places, content=content).returncode == 0:
        return None
    if _run("check-novalidate", *places, content=content).returncode:
        reason = "it was changed after it was signed, if only in its line endings; ask for it again, and send it as an archive"
    else:
        reason = _tell_key(signature, signer, allowed_signers)
    return f"the signature is not that of '{signer}' on this {file.name} ({reason})"


def _tell_key(signature: Path, signer: str, allowed_signers: Path) -> str:
    """Return whose key a good signature was made with, that is not the signer's."""
    lines = allowed_signers.read_text(encoding="utf-8", errors="replace").splitlines()
    if not any(signer in line.split(" ")[0].split(",") for line in lines):
        return f"no line of {allowed_signers.name} begins with '{signer}'"
    found = _run("find-principals", "-f", str(allowed_signers), "-s", str(signature)).stdout.decode().split()
    if found:
        return f"it was signed with the key of '{found[0]}'"
    return f"it was signed with a key that {allowed_signers.name} does not have; ask for the public key by a way that you trust"


def _run(way: str, *options: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen is not installed; it is part of OpenSSH 8.1 and later.")
    return subprocess.run([program, "-Y", way, *options], input=content, capture_output=True, check=False)


def _last(text: bytes) -> str:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
