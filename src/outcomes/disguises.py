"""What a text says behind a disguise: look-alike letters, codes of computers, letters that are moved, set apart, or written as digits."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise

from outcomes.beside import read_beside
from outcomes.names_of_people import is_given_name, is_name_of_person
from outcomes.personal_patterns import ALIKE, PATTERNS, write_plainly

# Letters of one word are of one alphabet; Greek ones beside Latin ones are signs (TNFα, μg), unless they look like Latin ones.
OTHER_ALPHABETS = frozenset({"CYRILLIC", "ARMENIAN", "CHEROKEE"})
LEET = str.maketrans("013457@$!", "oieastasi")
READABLE = re.compile(r"[\w .,;:'@+()/&-]+")
CODED = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/_-]{6,}={0,6}(?![\w+/=])")
BYTES = re.compile(r"(?:(?:\\x|0x|=)?[0-9a-f]{2}[ :,-]?){4,}", re.I)
NUMBERS = re.compile(r"\d{2,3}(?:[ ,.;-]+\d{2,3}){3,}")
ESCAPES = re.compile(r"(?:\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|u\+[0-9a-f]{4}|=[0-9a-f]{2}).*(?:\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|u\+[0-9a-f]{4}|=[0-9a-f]{2})|\bxn--", re.I)  # fmt: skip
DIGEST = re.compile(r"\b(?:sha-?\d{1,3}|md5|crc32|hmac|bcrypt)\b[:= ]\s*\w{4,}|\$2[aby]?\$|\$argon2", re.I)
SIGNALS = re.compile(r"(?=.*\.)(?=.*-)[.\-/ ]{8,}|.*[\u2801-\u28ff].*")  # Morse, Braille
INITIALS = re.compile(r"(?:[^\W\d_a-z]\. ?-?){1,3}[^\W\d_a-z]\.?")
SET_APART = re.compile(r"(?:[^\W\d_][ .*_|-]{1,3}){3,}[^\W\d_]\.?")
NO_CIPHER = ("near", "purely")  # words that are given names once their letters are moved by thirteen


def is_disguised(text: str) -> bool:
    """Tell whether a text hides one that gives a person away, or is a code that nobody writes for a category.

    >>> is_disguised("Sm9obiBTbWl0aA=="), is_disguised("Wbua Fzvgu"), is_disguised("J.S."), is_disguised("a3f9c2d1")
    (True, True, True, True)
    >>> is_disguised("TNFα-blocker"), is_disguised("I.V."), is_disguised("PHQ-9 item 9"), is_disguised("buPROPion")
    (False, False, False, False)
    """
    plain = write_plainly(text)
    return (
        any(pattern.search(plain) for pattern in (ESCAPES, DIGEST))
        or SIGNALS.fullmatch(plain) is not None
        or _mixes_alphabets(plain)
        or _is_initials(plain)
        or any(_is_code(token) for token in CODED.findall(plain))
        or (
            BYTES.fullmatch(plain) is not None
            and bool(re.search("[a-f=x]", plain, re.I))
            and _reads_as_text(_read_hex(plain))
        )
        or any(_is_personal(one) for one in _uncover(plain))
        or _spells_name(plain)
    )


def _is_personal(text: str) -> bool:
    return is_name_of_person(text) or any(pattern.search(text) for pattern in PATTERNS.values())


def _uncover(text: str) -> Iterator[str]:
    """Yield what a text reads as with another key: one that reads as it stands is not yielded."""
    alike = text.translate(ALIKE)
    words = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|[_.]+", " ", alike)
    if alike != text:
        yield from (alike, alike.title())
    if words != alike and not text.islower() and is_name_of_person(words.title()):
        yield words.title()
    if re.search(r"[^\W\d_][013457@$!]|[013457@$!][^\W\d_]", text) and len(text.split()) > 1:
        read = " ".join(_read_leet(word) for word in text.split())
        yield from [read.title()] if read != text else []
    if len(text.split()) > 1 and not is_name_of_person(text):
        for moved in (codecs.encode(text, "rot13").title(), text[::-1]):
            if any(is_given_name(word) and len(word) > 3 for word in re.findall(r"[^\W\d_]+", moved)) and not _has_word(
                text, NO_CIPHER
            ):
                yield moved


def _spells_name(text: str) -> bool:
    """Tell whether letters that stand apart, or numbers of letters, spell what begins with a given name."""
    if SET_APART.fullmatch(text):
        word = "".join(re.findall(r"[^\W\d_]", text))
        return word.casefold() not in _abbreviations() and any(
            is_given_name(word[:cut]) for cut in range(4, len(word) + 1)
        )
    signs = [int(number) for number in re.findall(r"\d+", text)] if NUMBERS.fullmatch(text) else []
    letters = all(65 <= sign <= 90 or 97 <= sign <= 122 for sign in signs)
    return bool(signs) and letters and is_given_name("".join(map(chr, signs)))


def _has_word(text: str, words: Iterable[str]) -> bool:
    return not set(words).isdisjoint(text.casefold().split())


@cache
def _abbreviations() -> frozenset[str]:
    """Return what is written with stops and is nobody's initials."""
    return frozenset(str(read_beside(__file__)["abbreviations"]).split())


def _read_leet(word: str) -> str:
    return word.translate(LEET) if re.search(r"[^\W\d_]", word) and len(word) > 2 else word


def _mixes_alphabets(text: str) -> bool:
    if text.isascii():
        return False
    for word in re.findall(r"[^\W\d_]{2,}", text):
        alphabets = [unicodedata.name(sign, "").split(" ")[0] for sign in word]
        looks = sum(
            alphabet == "GREEK" and sign.translate(ALIKE) != sign
            for sign, alphabet in zip(word, alphabets, strict=True)
        )
        if "LATIN" in alphabets and (OTHER_ALPHABETS & set(alphabets) or looks):
            return True
    return False


def _is_initials(text: str) -> bool:
    return (
        INITIALS.fullmatch(text) is not None
        and "".join(re.findall(r"[^\W\d_]", text)).casefold() not in _abbreviations()
    )


def _is_code(token: str) -> bool:
    """Tell whether a word is a digest, or a text in base64, base32, or base16."""
    bare = token.rstrip("=")
    kinds = ["d" if sign.isdigit() else "u" if sign.isupper() else "l" if sign.islower() else "-" for sign in bare]
    changes = sum(one != other for one, other in pairwise(kinds))
    if re.fullmatch(r"[0-9a-f]{8,}|[0-9A-F]{8,}", bare):
        return changes >= 3 or (len(bare) % 2 == 0 and "d" in kinds and _reads_as_text(_read_hex(bare)))
    if len(bare) >= 16 and {"u", "l", "d"} <= set(kinds) and changes >= 6:
        return True
    if re.fullmatch(r"[A-Z2-7]{8,}", bare) and (bare != token or "d" in kinds):
        return _reads_as_text(_decode(base64.b32decode, bare, 8))
    if bare != token or changes >= 2:
        return _reads_as_text(_decode(base64.b64decode, bare.replace("-", "+").replace("_", "/"), 4))
    return False


def _decode(read: Callable[[str], bytes], bare: str, block: int) -> str:
    try:
        return read(bare + "=" * (-len(bare) % block)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _read_hex(text: str) -> str:
    digits = re.sub(r"\\x|0x|[^0-9a-f]", "", text, flags=re.I)
    return _decode(bytes.fromhex, digits, 1) if len(digits) % 2 == 0 else ""


def _reads_as_text(text: str) -> bool:
    """Tell whether what was decoded is a text of words or of a number."""
    if not READABLE.fullmatch(text):
        return False
    return sum(sign.isalpha() for sign in text) >= 4 or sum(sign.isdigit() for sign in text) >= 5
