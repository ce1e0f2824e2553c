"""Identifiers behind a disguise are refused as categories, and honest categories are not."""

import base64
import codecs
import hashlib

import pytest

from outcomes.disguises import is_disguised
from outcomes.personal import find_personal
from outcomes.settings.labels import find_personal_label

NAME, MAIL, RECORD = "Mary Quartz", "mary.quartz@example.org", "MRN 00412345"
HONEST = """
self-pay|Medicaid|treatment-resistant depression|PTSD|P.T.S.D.|A.D.H.D.|I.V.|i.v.|I.M.|P.R.N.|U.S.|U.K.|N/A|N.A.|F33.2|F32.9|6A70.3|N06AX27|DSM-5|DSM-IV-TR|ICD-10-CM
PHQ-9|GAD7|Q-LES-Q-SF|EQ-5D-5L|QIDS-SR16|HAM-D17|MADRS ≥ 20|buPROPion|DULoxetine|hydrOXYzine|ZyPREXA XR|QUEtiapine|S(+)-ketamine|5-HT2A|5-HT1A agonist|TNFα blocker|IFNγ|NFκB
μg/kg|50 μg|β-blocker|α2-agonist|κ-opioid|Δ9-THC|0.5 mg/kg|84 mg|56/84 mg|1,000 or more|18-24|25 to 34|>= 65|2x/week|b.i.d.|q.h.s.|HbA1c|SpO2 < 92%|mPFC|rTMS 10Hz L-DLPFC|iTBS
BlueCross/BlueShield|UnitedHealthcare|TriCare|Blue_Cross|self_pay|medicare_advantage|Level 2|Arm A1|Cohort 3B|Site A|Clinic 4|Ward B2|R.N.|M.D.|Y|n|0|1|cis-female|non-binary
weiblich|männlich|Selbstzahler|gesetzlich versichert|privat|bipolare Störung|rezidivierende depressive Störung|Grundschule|z. B. Lithium
femme|homme|sans emploi|retraité(e)|dépression résistante|trouble anxieux généralisé|études supérieures|mutuelle
mujer|varón|jubilado|desempleado|trastorno bipolar|depresión mayor|seguro público|educación básica
donna|uomo|disturbo bipolare|pensionato|mulher|homem|ensino médio|transtorno do pânico|vrouw|man|werkloos|bipolaire stoornis
kvinna|ålderspensionär|egenföretagare|kvinne|ufør|nainen|työtön|kobieta|mężczyzna|bezrobotny|zaburzenia lękowe|kadın|işsiz
женский|мужской|безработный|депрессия|биполярное расстройство|нет|да|не указано|жіноча|γυναίκα|άνδρας|κατάθλιψη|ναι|όχι
女性|男性|自費|うつ病|双極性障害|無職|抑郁症|双相障碍|医保|여성|남성|우울증|실업자|ذكر|أنثى|اكتئاب|महिला|पुरुष|अवसाद|หญิง|ชาย|זכר|נקבה
Green Tern|Never married|Left, right|Live alone|Level evil|Noon star|Pre-COVID|Post-COVID|COVID19|H1N1|CYP2D6 *4/*4|CYP2C19*17|rs6265|Val66Met|BDNF Met/Met|5-HTTLPR S/L
a few times a year|every day|less than $20,000|$20,000-$39,999|$$|10th grade|GED|BA/BS|MA, MS, MEd|4+ drinks|1/2 pack|E-cigarette|3-5 days|Mon-Fri|8am-5pm|Group B|Group AB|A+|O-|AB neg.
""".replace("\n", "|").strip("|").split("|")  # fmt: skip


def _hex(text: str, between: str = "", before: str = "") -> str:
    return between.join(f"{before}{one:02x}" for one in text.encode())


def _digest(how: str) -> str:
    return hashlib.new(how, MAIL.encode()).hexdigest()


DISGUISED = [
    *(base64.b64encode(one.encode()).decode() for one in (NAME, MAIL, RECORD, "Mary", "Quartz", "mquartz", "Zorami", "00412345", "Müller", "Иван Петров")),
    *(base64.b64encode(one.encode()).decode().rstrip("=") for one in (NAME, MAIL, "Quartz")),
    base64.urlsafe_b64encode(b"mary~quartz>?").decode(),
    *(base64.b32encode(one.encode()).decode() for one in (NAME, "Quartz", "41234512")),
    *(_hex(one) for one in (NAME, MAIL, RECORD, "Mary", "quartz")),
    _hex(NAME).upper(), _hex("Mary", " "), _hex("Mary", ":"), _hex("Quartz", "", r"\x"), _hex("Mary", " ", "0x"), _hex("Mary", "", "="),
    r"\u004d\u0061\u0072\u0079", "U+004D U+0061 U+0072 U+0079", "xn--mller-kva", "&#77;&#97;ry Quartz", "%4dary Quartz",
    "77 97 114 121", "77,65,82,89", "077 097 114 121",
    *(_digest(how) for how in ("md5", "sha1", "sha256")), _digest("md5")[:8], _digest("sha1")[:10], _digest("sha256")[:12].upper(),
    base64.b64encode(hashlib.md5(MAIL.encode()).digest()).decode(), f"sha256:{_digest('sha256')[:9]}", "md5=0b1d", "$2b$12$abcdefgh", "kX9Qm2LpV7zR4tYw",
    "Маry Quartz", "Mаry", "Quаrtz", "Smithѕоn", "Qυartz", "Ιvan Petrov", "МАRY QUARTZ", "ᴍᴀʀʏ ǫᴜᴀʀᴛᴢ", "𝓜𝓪𝓻𝔂 𝓠𝓾𝓪𝓻𝓽𝔃", "Ｍａｒｙ Ｑｕａｒｔｚ", "Quaԝtz", "Հouston",
    "Ma\u200bry Qu\u2060artz", "Mary\u200e Quartz", "M\u034fary Quartz", "Ma\u00adry Quartz", "Mary\u2063 Quartz", "Ma\ufe0fry Quartz", "412\u200b345\u200d12", "Ma\u202ery Quartz",
    "J.S.", "J. S.", "M.K.", "J.R.S.", "É.B.", "J.-P. S.", "И.П.", "Q.Z",
    codecs.encode(NAME, "rot13"), codecs.encode(NAME.upper(), "rot13"), codecs.encode("Quartz, Mary", "rot13"), codecs.encode(MAIL, "rot13"), codecs.encode("John Fern", "rot13"),
    NAME[::-1], "nhoJ nreF", "M4ry Quartz", "J0hn F3rn", "M@ry Quartz", "R0b3rt Fern", "MaryQuartz", "Mary.Quartz", "MARY_QUARTZ", "johnFern", "Fern_John",
    "M a r y", "M-a-r-y Q-u-a-r-t-z", "M.a.r.y", "J o h n F e r n", "m*a*r*y*q*u*a*r*t*z", "-- .- .-. -.--", "⠍⠁⠗⠽",
]  # fmt: skip


def test_the_lists_are_long_and_of_different_texts():
    assert min(len(set(HONEST)), len(set(DISGUISED))) >= 60


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_category_is_no_disguise(text):
    assert not is_disguised(text)
    assert not find_personal([text])


def test_names_in_small_letters_are_known_by_their_company():
    assert find_personal(["mary_quartz", "john_fern", "self_pay"])
    assert not find_personal(["mark_up", "grace_period", "self_pay", "miss_rate", "bill_sent"])


@pytest.mark.parametrize("text", DISGUISED, ids=ascii)
def test_a_disguised_identifier_is_refused(text):
    assert find_personal(["self-pay", text, "Medicaid"])
    assert find_personal_label([("arms.0.label", text)])
