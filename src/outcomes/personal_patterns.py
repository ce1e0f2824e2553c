"""How numbers, addresses, dates, and titles that give a person away are written, in many countries and scripts."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

# Months in full and short, without accents, in English, French, German, Italian, Spanish, Portuguese, Dutch, and the Nordic languages.
LONG_MONTHS = (
    r"january|february|march|april|june|july|august|september|october|november|december"
    r"|janvier|fevrier|avril|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|januar|janner|februar|marz|juni|juli|oktober|dezember|gennaio|febbraio|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|dicembre"
    r"|enero|febrero|abril|mayo|junio|julio|septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|maio|junho|julho|setembro|outubro"
    r"|novembro|dezembro|januari|februari|maart|augustus|augusti|desember|tammikuuta|helmikuuta|maaliskuuta|toukokuuta|kesakuuta"
    r"|mars|mart|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrzesnia|pazdziernika|listopada|grudnia|ocak|subat|nisan|mayis|haziran|temmuz|agustos|eylul|kasim|aralik|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
)
SHORT_MONTHS = r"jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|janv|fevr?|avr|mai|juil|marzo|marco|okt|dez|dic|ene|abr|ago|giu|lug|ott|maj|mei|mrt|des|fev"
ORDINALS = (
    r"(?:twenty|thirty)[- ]?first|twenty[- ]?(?:second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first|second|third|fourth|fifth|sixth|seventh"
    r"|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
ANY_MONTH = rf"(?:{LONG_MONTHS}|{SHORT_MONTHS}|(?:jan|feb)[a-z]{0, 5}ry|(?:sep|oct|nov|dec)[a-z]{0, 5}ber)"
DAY = r"\d{1,2}(?:st|nd|rd|th|er|e|[.ºª])?"
OF = r"(?:,|\.|of|de|del|di|the)?"
STREETS = r"street|avenue|road|boulevard|lane|drive|terrace|highway|parkway|crescent"
SHORT_STREETS = r"[Ss]t|[Aa]ve|[Rr]d|[Bb]lvd|[Ll]n|[Dd]r|[Cc]t|[Cc]ourt|[Ww]ay|[Pp]l|[Pp]lace|[Ss]q|[Ss]quare|[Hh]wy|[Pp]kwy|[Cc]ircle|[Cc]lose"
# Kinds in the order in which they are looked for; a text is of the first that fits.
PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(
        r"[^\s@]+@[^\s@]+\.[a-z]{2,}|[\w.+-]+ ?[(\[{<] ?(?:at|@|ät|arroba|chez) ?[)\]}>] ?[\w.-]+|[\w.+-]+ at [\w-]+(?: ?[(\[{<]?dot[)\]}>]? ?| dot )[a-z]{2,}"
        r"|^@(?!home|clinic|office|site)[a-z_][\w.]{2,}", re.I),
    "web addresses": re.compile(r"\b(?:https?|ftp|mailto):|\bwww\.|\b[\w-]+\.(?:com|org|net|edu|gov|info|io|de|uk|fr|ca|au)(?:/|\b)", re.I),
    "network addresses": re.compile(
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b|\b[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}\b|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])"
        r"|(?<![\w:])[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?(?![\w:])", re.I),
    "unique identifiers": re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=(?:[a-f]*\d){4})(?=(?:\d*[a-f]){3})[0-9a-f]{12,}\b", re.I),
    "coordinates": re.compile(
        r"-?\d{1,3}\.\d{4,}°? ?[NSEWO]?[,;/ ]+[NSEWO]? ?-?\d{1,3}\.\d{4,}|-?\d{2,3}\.\d{3,}°? ?[NSEWO]?, ?[NSEWO]? ?-?\d{1,3}\.\d{3,}|\d{1,3} ?° ?\d{1,2}(?:[.,]\d+)? ?['′’]|\bgeo:|\b(?:lat|lon|lng|latitude|longitude)\b\W*-?\d{1,3}\.\d"
        r"|\b[NS] ?\d{1,2}\.\d{2,}\W+[EWO] ?\d|\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b|^/{2,3}\w+\.\w+\.\w+$", re.I),
    "record or policy numbers": re.compile(
        r"\b(?:mrn|ssn|nhs|npi|dea|dob|(?:medical )?record|chart|account|acct|policy|member|insurance|passport|licen[cs]e|case|"
        r"patient|client)[\s:#.-]*(?:id|no|nr|number|num)?[\s:#.-]*[a-z]{0,3}\d{3,}|\b[a-z]{1,2}-?\d{5}\b", re.I),
    "social security numbers": re.compile(r"(?<!\d)\d{3}[- .]\d{2}[- .]\d{4}(?!\d)"),
    "dates": re.compile(
        rf"(?<!\d)(?<!\d\.)(?:\d{{4}}(?P<s> ?[-/.] ?)\d{{1,2}}(?P=s)\d{{1,2}}|\d{{1,2}}(?P<t> ?[-/.] ?)\d{{1,2}}(?P=t)(?:\d{{4}}|\d{{2}}))(?!\d)"
        rf"|(?<!\w){DAY} ?[-./ ]? ?{OF} ?{ANY_MONTH}\.?[ ,./-]* ?{OF} ?'?(?:\d{{4}}|\d{{2}})(?!\w)"
        rf"|\b{ANY_MONTH}\.? ?(?:the )?{DAY},? '?\d{{4}}\b|\b{ANY_MONTH}\.?[ ,/-]{{0,2}}{OF} ?(?:19|20)\d{{2}}\b|\b(?:19|20)\d{{2}}[ ,/-]{{1,2}}{ANY_MONTH}\b"
        rf"|(?<!\w){DAY} ?(?:of |de |di )?(?:{LONG_MONTHS})\b|\b(?:{LONG_MONTHS}) (?:the )?{DAY}(?!\w| ?(?:mg|ml|%))"
        rf"|\b(?:{ORDINALS}) (?:of )?(?:{LONG_MONTHS}|may)\b|\b(?:{LONG_MONTHS}|may) (?:the )?(?:{ORDINALS})\b"
        r"|(?<!\d)\d{1,2}[-./](?:i{1,3}|iv|vi{0,3}|ix|xi{0,2}|x)[-./](?:19|20)\d{2}(?!\d)"
        r"|\b(?:19|20)\d{2}-?W\d{2}\b|\b(?:19|20)\d{2}-(?:0[1-9]|1[0-2])\b|(?<!\d)(?:0[1-9]|1[0-2])/(?:19|20)\d{2}(?!\d)"
        r"|[\d〇一二三四五六七八九十元]+ ?[年년] ?[\d一二三四五六七八九十]+ ?[月월]|[\d一二三四五六七八九十]+ ?[月월] ?[\d一二三四五六七八九十]+ ?[日号일]"
        r"|(?:明治|大正|昭和|平成|令和|民國|民国) ?[\d〇一二三四五六七八九十元]+|\b[mtshr]\d{1,2}[./]\d{1,2}[./]\d{1,2}\b", re.I),
    # United Kingdom, Italy, India, Medicare; then any code of nine signs with five digits in which letters and digits alternate
    "national numbers": re.compile(
        r"\b(?-i:[A-Z]{2}(?: ?\d{2}){3} ?[A-Z])\b|\b(?-i:[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])\b"
        r"|\b\d[a-z][a-z\d]\d-?[a-z][a-z\d]\d-?[a-z]{2}\d{2}\b"
        r"|\b(?-i:(?!\w*\dM[GL])(?=(?:[A-Z]*\d){5})(?=[A-Z\d]{9})(?=[A-Z]*\d+[A-Z]+\d)[A-Z\d]+)\b", re.I),
    "telephone numbers": re.compile(
        r"(?<![\d.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?|\d{2,5}[ .-])\d{3,4}[ .-]?\d{3,4}(?![\d.])|\((?=(?:[ ().-]*\d){7})\d{2,5}\) ?\d{2,4}(?:[ .-]\d{2,4}){1,3}(?![\d.])|\+\d{8,}|\+\d{1,3}(?:[ ./()-]*\d){7,}|(?<!\d)0\d(?:[ ./-]{1,3}\d{2}){4}(?!\d)"
        r"|(?<!\d)0\d{2,5} ?[/-] ?\d{4,}|☎|\b(?:[Tt]el|[Pp]hone|[Ff]ax|[Mm]obile|[Cc]ell)\b\W*\d{3}"),
    "postal addresses": re.compile(
        rf"\b\d{{1,5}}[a-z]?,? (?:[\w'.-]+ ){{0,3}}(?:{STREETS})\b"
        rf"|\b\d{{1,5}}[a-z]?,? (?:[\w'.-]+ ){{0,2}}(?-i:[A-ZÀ-Þ][\w'.-]* (?:{SHORT_STREETS}))\b|\bp\.? ?o\.? box\b|\w{{3,}}(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|straat|gatan|gata|vägen|vagen|vej|katu|laan|singel|gracht|plein|allee|damm|ufer|hof|-platz) ?\d+"
        r"|\b\d{1,4},? ?(?:bis )?(?:rue|avenue|chemin|calle|rua|via)\b|\b(?:calle|rua|rue|ul\.|ulica|piazza|avenida|plaza|via (?-i:(?=[A-ZÀ-Þ]))) ?[\w .'-]+,? ?\d+|, ?\d{4,5} (?-i:[A-ZÀ-Þ])\w{2}|, ?\d{5}(?!\d)|, ?\d{4} ?[A-Z]{2}\b|\b(?:avenue|boulevard|viale|corso|largo|paseo|pasaje|strada|contrada|chemin|all[ée]e|impasse|quai|camino|ronda|travessa|rodovia) (?-i:(?=[A-ZÀ-Þ]|d[eui]))[\w .'-]+,? ?\d+|[가-힣](?:로|길) ?\d+|[都道府県市区町村]\D{0,8}\d+[-丁番]|\d+ ?丁目|[路街] ?\d+ ?[号號]", re.I),
    "postcodes": re.compile(
        r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]{2}\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2}\b|\b[A-Z]\d[A-Z]\d[ABD-HJLNP-UW-Z]{2}\b|\b\d{5}-\d{3}\b|^\d{4} ?(?!MG|ML|IV|IM|IU|PO|CT|KG|HR)[A-Z]{2}$|\b[A-Z]\d[A-Z][ -]\d[A-Z]\d\b|\b[A-Z]\d[A-Z]\d[A-Z]\d\b|\b\d{5}-\d{4}\b|\b[A-Z]{2},? \d{5}\b|^0\d{4}$|〒"),
    "long numbers": re.compile(
        r"\d{6,}|\d(?:[ -]?\d){8,}|(?<![\d.])(?=(?:[./ -]?\d){9})\d{2,5}(?:[./-]\d{2,5}){2,}|(?<!\d)(?=\d(?: ?[/_:|*.-]? ?\d){8})\d{1,5}(?: ?[/_:|*] ?\d{2,5}){2,}"),
    "names with a title": re.compile(
        r"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|[Pp]rofessor|[Dd]octor|[Ss]ir|[Hh]err|[Ff]rau|[Mm]me|[Mm]lle|[Mm]onsieur|[Mm]adame|[Ss]ra|[Ss]e[nñ]ora?|[Dd]ott|[Dd]oña|[Pp]ani|[Mm]evr|[Dd]hr"
        r"|[Dd]octeur|[Dd]oktor|MRS?|MS|DR|PROF)"
        r"\.? +[^\W\d_][\w'’.-]*|\b[^\W\d_]{2,},? (?:M\.?D|D\.?O|Ph\.?D|PsyD|R\.?N|N\.?P|PA-C|LCSW|LMFT|PMHNP|APRN|FRCPsych|MBBS|CRNA)\b"
        r"|[^\W\d_](?:さん|先生|(?<![同多])様|氏|女士|小姐)$|[가-힣](?:씨|님|선생|박사)$|\b(?:[Гг]-н|[Гг]-жа|[Дд]октор|[Вв]рач|[Дд]-р|[Пп]роф)\.? [А-ЯЁ]|(?:الدكتورة?|السيدة?|د\.) ?[^\W\d_]|(?:श्रीमती|श्री|डॉ\.?) ?[^\W\d_]"),
}  # fmt: skip
# Letters of other alphabets that look like Latin ones.
ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХабесѕіјорухһԁԛԝгпԍѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιρυχτօսոցһհքᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ",
    "ABESIJKMHOPCTYXabecsijopyxhdqwrngvABEZHIKMNOPTYXovipuxtounghhpabcdeghijklmnoprtuvwyz",
)
ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
CLOSED = re.compile(r"(?<=\d) - (?=\d)")  # blanks around a dash between digits
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－•·∙⋅"), "-")
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | set(
    map(chr, range(0xFE00, 0xFE10))
)  # beside format signs


def write_plainly(text: str) -> str:
    r"""Return a text with full-width signs, blanks, and dashes of every kind as plain ones, without invisible signs and the escapes of a web form.

    >>> write_plainly("\uff11\uff12\uff13–45\u00a06789"), write_plainly("Mary&nbsp;Quartz%7E"), write_plainly("40% or & more")
    ('123-45 6789', 'Mary Quartz-', '40% or & more')
    """
    if "%" in text or "&" in text:
        text = html.unescape(ESCAPED.sub(lambda found: unquote(found[0]), text))
    text = text.replace("~", "-")
    if text.isascii():
        return CLOSED.sub("-", " ".join(text.split()))
    kept = unicodedata.normalize("NFKC", text.replace("º", "°").replace("′", "'").translate(DASHES)).translate(DASHES)
    kept = "".join(sign for sign in kept if unicodedata.category(sign) != "Cf" and sign not in UNSEEN)
    return CLOSED.sub("-", " ".join(kept.split()))


def without_accents(text: str) -> str:
    """Return a text without its accents: août is aout.

    >>> without_accents("3 août")
    '3 aout'
    """
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", bare)
