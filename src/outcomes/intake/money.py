"""Amounts of money as people write them, and their currencies: numbers of different currencies are never summed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from outcomes.intake.privacy import plain_name
from outcomes.intake.values import Mapped
from outcomes.intake.words import Words, text_array

if TYPE_CHECKING:
    from outcomes.settings import TableMap

# ISO 4217, of places where esketamine is given.
CODES = frozenset(["AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR", "ISK", "JPY", "KRW", "MXN", "NOK", "NZD", "PEN", "PLN", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR"])  # fmt: skip
SYMBOLS = {"€": "EUR", "£": "GBP", "₤": "GBP", "¥": "JPY", "₹": "INR", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₩": "KRW", "₪": "ILS", "zł": "PLN", "zl": "PLN", "kč": "CZK",
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "r$": "BRL", "mx$": "MXN", "hk$": "HKD", "s$": "SGD", "fr.": "CHF", "$": "$"}  # fmt: skip
DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"})
UNIT = "|".join([*sorted(map(re.escape, SYMBOLS), key=len, reverse=True), r"[a-z]{3}(?![a-z])"])
NUMBER = r"\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+"
AMOUNT = re.compile(rf"(?P<open>\()?(?P<sign>[-−+])?\s*(?P<before>{UNIT})?\s*(?P<sign2>[-−])?\s*(?P<number>{NUMBER})\s*(?P<after>{UNIT})?(?P<close>\))?", re.IGNORECASE)  # fmt: skip
CHARGED = frozenset(
    {"charge", "charges", "charged", "fee", "fees", "price", "prices", "cost", "costs", "billed", "paid"}
)  # in the name of a column
NAMED = frozenset({"currency", "currencies", "ccy", "devise", "monnaie", "waehrung", "wahrung", "moneda", "divisa", "moeda", "valuta", "waluta"})  # fmt: skip


def read_amount(text: str) -> tuple[str, str] | None:
    """Return an amount as a plain number and its currency (empty where none is written, ``$`` for a dollar of no country); None if it is none.

    >>> read_amount("$1,250.00"), read_amount("(450.00)"), read_amount("CA$ 610"), read_amount("410 EUR"), read_amount("on hold")
    (('1250.00', '$'), ('-450.00', ''), ('610', 'CAD'), ('410', 'EUR'), None)
    """
    found = AMOUNT.fullmatch(text.strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    units = [unit for unit in (found["before"], found["after"]) if unit]
    known = [name_currency(unit) for unit in units]
    if None in known:
        return None
    sign = "-" if found["open"] or "-" in (s := f"{found['sign'] or ''}{found['sign2'] or ''}") or "−" in s else ""
    return sign + re.sub(r"[,' \u00a0\u202f]", "", found["number"]), settle_currency(filter(None, known))


def name_currency(text: str) -> str | None:
    """Return the currency that a code or a symbol means; None if it means none.

    >>> name_currency("usd"), name_currency("€"), name_currency("IV")
    ('USD', 'EUR', None)
    """
    text = text.strip()
    return text.upper() if text.upper() in CODES else SYMBOLS.get(text.casefold())


def settle_currency(said: Iterable[str]) -> str:
    """Return the one currency that a row says, a dollar by its country; several are joined.

    >>> settle_currency(["$", "CAD"]), settle_currency(["$"]), settle_currency([]), settle_currency(["EUR", "USD"])
    ('CAD', '$', '', 'EUR and USD')
    """
    known = set(said)
    return " and ".join(sorted(known - {"$"} if known & DOLLARS else known))


def holds_amounts(name: str, column: str | None = None) -> bool:
    """Tell whether a column of the sessions holds amounts, by its own name or that of the export.

    >>> holds_amounts("charge_usd"), holds_amounts("amount", "Fee (EUR)"), holds_amounts("discharged", "Discharge")
    (True, True, False)
    """
    return bool((_words(name) | _words(column or "")) & CHARGED)


def names_currency(name: str) -> bool:
    """Tell whether a column is named for the currency of an amount.

    >>> names_currency("Currency Code"), names_currency("Währung"), names_currency("charge")
    (True, True, False)
    """
    return bool(_words(name) & NAMED)


def currency_of_name(name: str) -> str:
    """Return the currency that the name of a column of amounts says; empty where it says none.

    >>> currency_of_name("Fee (EUR)"), currency_of_name("charge")
    ('EUR', '')
    """
    return settle_currency(word.upper() for word in _words(name) if word.upper() in CODES)


def _words(name: str) -> set[str]:
    return set(plain_name(name).split("_"))


def list_currency_columns(mapping: TableMap | None, names: Iterable[str]) -> set[str]:
    """Return the columns of a file that say in what currency its charges are, where its sessions have charges; mapped or not."""
    charges = mapping is not None and any(holds_amounts(name, one.column) for name, one in mapping.columns.items())
    return {name for name in names if name and names_currency(name)} if charges else set()


def plain_amounts(mapped: Mapped) -> Mapped:
    """Return amounts as plain numbers, without signs of their currency and of thousands; as they are where the signs are of several currencies."""
    read = [None if value is None else read_amount(value) for value in mapped.words.values]
    if len({one[1].replace("$", "USD") for one in read if one is not None and one[1]}) > 1:
        return mapped
    plain = [value if one is None else one[0] for value, one in zip(mapped.words.values, read, strict=True)]
    if all(new == old for new, old in zip(plain, mapped.words.values, strict=True)):
        return mapped
    values = list(dict.fromkeys(plain))  # $450 and 450 are one amount
    places = {value: place for place, value in enumerate(values)}
    place = np.array([places[value] for value in plain], dtype=np.int32)
    states = np.zeros(len(values), dtype=np.int8)
    states[place] = mapped.states
    return Mapped(Words(mapped.words.spread(place, -1), text_array(values)), states, mapped.declared)
