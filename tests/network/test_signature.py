"""Allowed signers let nobody sign for another, and a signature that does not hold is refused with its own reason."""

import shutil

import pytest
from eight_sites import make_key

from outcomes.errors import InputError
from outcomes.network.signature import read_signers, sign, verify

needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
KEY, OTHER = "ssh-ed25519 AAAAC3Nz1", "ssh-ed25519 AAAAC3Nz2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"* {KEY}\n", "line 1: stands for several signers"),
        (f"site-1 {OTHER}\nsite-? {KEY}\n", "line 2: stands for several signers"),
        (f"site-1,site-2 {KEY}\n", "line 1: stands for several signers"),
        (f"site-1 cert-authority {KEY}\n", "line 1: stands for several signers"),
        (f"# keys\nsite-1 {KEY}\n\nsite-2 {KEY} comment\n", "line 4: the same key"),
        ("site-1\n", "line 1: a site's code and its public key are needed"),
        (f"\ufeffsite-1 {KEY}\n", "begins with a mark"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "a private key, which nobody needs to have"),
    ],
)
def test_a_list_that_lets_one_sign_for_another_is_refused(tmp_path, text, words):
    path = tmp_path / "signers"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_signers(path)


def test_a_site_may_have_two_keys_while_one_is_rolled_over(tmp_path):
    path = tmp_path / "signers"
    path.write_text(f'site-1 {KEY}\nsite-1 valid-after="20260101" {OTHER} new\n', encoding="utf-8")
    assert [(one.code, one.options) for one in read_signers(path)] == [
        ("site-1", ()),
        ("site-1", ('valid-after="20260101"',)),
    ]


@needs_ssh
@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ('valid-before="20200101" ', "does not allow it now: valid-before"),
        ('valid-after="20990101" ', "does not allow it now: valid-after"),
        ('namespaces="file" ', "does not allow it now: namespaces"),
        ('valid-before="20990101" ', None),
        ("", None),
    ],
)
def test_a_key_that_is_not_valid_now_is_said_to_be_that(tmp_path, option, reason):
    found = check(tmp_path, option, lambda signature: None)
    assert found is None if reason is None else reason in found


@needs_ssh
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda signature: signature.write_text("hello"), "is no signature of OpenSSH"),
        (lambda signature: signature.with_suffix("").write_text("{ }"), "changed after it was signed"),
    ],
)
def test_a_signature_that_does_not_hold_says_why(tmp_path, change, reason):
    assert reason in check(tmp_path, "", change)


def check(folder, option, change):
    key = make_key(folder, "site-1")
    public = " ".join(key.with_name(f"{key.name}.pub").read_text().split()[:2])
    file, signers = folder / "manifest.json", folder / "signers"
    file.write_text("{}")
    signers.write_text(f"site-1 {option}{public}\n")
    change(sign(file, key))
    return verify(file, "site-1", signers)
