"""Signatures of OpenSSH: a site signs its manifest with its own key, the centre looks the key up in its allowed signers."""

from __future__ import annotations

import base64
import binascii
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from outcomes.errors import InputError

NAMESPACE = "outcomes-site-package"
ENDING = ".sig"
MAGIC = b"SSHSIG"
PATTERNS = "*?!,"  # with which a line of allowed signers stands for several


@dataclass(frozen=True)
class Signer:
    """A line of allowed signers: whose it is, its options, and the key."""

    code: str
    options: tuple[str, ...]
    key: str


def read_signers(path: Path) -> list[Signer]:
    """Read the allowed signers, each of which is one site with a key of its own.

    Raises
    ------
    InputError
        There is no such file, it is no list of public keys, or a line lets somebody sign for another.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. A line of it is a site's code and its public key: site-1 ssh-ed25519 AAAA…"
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.startswith("\ufeff"):
        raise InputError(
            f"{path}: begins with a mark (BOM) that ssh-keygen takes for a part of the first code. Save it as UTF-8 without one."
        )
    if "PRIVATE KEY" in text:
        raise InputError(
            f"{path}: a private key, which nobody needs to have but its owner. A line is a site's code and its public key."
        )
    signers: list[Signer] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        code, *rest = line.split()
        key = next((place for place, part in enumerate(rest) if part.startswith(("ssh-", "ecdsa-", "sk-"))), None)
        if key is None or key + 1 == len(rest):
            raise InputError(
                f"{path}, line {number}: a site's code and its public key are needed: site-1 ssh-ed25519 AAAA…"
            )
        one = Signer(code, tuple(rest[:key]), rest[key + 1])
        if set(PATTERNS) & set(code) or "cert-authority" in one.options:
            raise InputError(
                f"{path}, line {number}: stands for several signers, so that one could sign for another. Write a line for each site, with its code."
            )
        if any(other.key == one.key and other.code != code for other in signers):
            raise InputError(
                f"{path}, line {number}: the same key as in a line above, of another site, so that one could sign for the other. Ask both for a key of their own."
            )
        signers.append(one)
    return signers


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
    signers = read_signers(allowed_signers)
    signature = Path(f"{file}{ENDING}")
    if not signature.is_file():
        return f"not signed: there is no {signature.name}"
    content, places = file.read_bytes(), ("-n", NAMESPACE, "-s", str(signature))
    if _run("verify", "-f", str(allowed_signers), "-I", signer, *places, content=content).returncode == 0:
        return None
    key, purpose = _read_signature(signature)
    if not key:
        reason = f"{signature.name} is no signature of OpenSSH; ask for it again, and send it as an archive"
    elif purpose != NAMESPACE:
        reason = "it was made for another purpose; sign with the command's own --sign"
    elif _run("check-novalidate", *places, content=content).returncode:
        reason = "it was changed after it was signed, if only in its line endings; ask for it again, and send it as an archive"
    else:
        reason = _tell_key(key, signer, signers, allowed_signers.name)
    return f"the signature is not that of '{signer}' on this {file.name} ({reason})"


def _read_signature(path: Path) -> tuple[str, str]:
    """Return the public key, as lines of allowed signers have it, and the purpose of a signature; both empty where it is none."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        blob = base64.b64decode("".join(line.strip() for line in lines if "-----" not in line), validate=True)
    except (UnicodeDecodeError, binascii.Error):
        return "", ""
    if not blob.startswith(MAGIC):
        return "", ""
    rest, parts = blob[len(MAGIC) + 4 :], []  # after the number of the format
    for _ in range(2):
        length = int.from_bytes(rest[:4])
        parts.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return base64.b64encode(parts[0]).decode(), parts[1].decode("ascii", "replace")


def _tell_key(key: str, signer: str, signers: list[Signer], name: str) -> str:
    """Return whose key a good signature was made with, that is not the signer's, or not now."""
    if not any(one.code == signer for one in signers):
        return f"no line of {name} begins with '{signer}'"
    owner = next((one for one in signers if one.key == key), None)
    if owner is None:
        return f"it was signed with a key that {name} does not have; ask for the public key by a way that you trust"
    if owner.code != signer:
        return f"it was signed with the key of '{owner.code}'"
    options = " ".join(one.split("=")[0] for one in owner.options)
    return f"the line of the key in {name} does not allow it now: {options}; a key that is no longer valid signs nothing, whenever it did"


def _run(way: str, *options: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen is not installed; it is part of OpenSSH 8.1 and later.")
    return subprocess.run([program, "-Y", way, *options], input=content, capture_output=True, check=False)


def _last(text: bytes) -> str:
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
