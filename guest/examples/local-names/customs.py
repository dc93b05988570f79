"""How names are written where people live.

| where | custom | example |
| --- | --- | --- |
| China, Japan, Korea, in their own script | the family name first, nothing between | 山田太郎 |
| the same and Vietnam, in Latin script | the family name first | YAMADA Taro |
| Hungary | the family name first | NAGY Ilona |
| elsewhere | the family name last | Ilona Nagy |
"""

import unicodedata

FAMILY_NAME_FIRST = ("CN", "HU", "JP", "KR", "TW", "VN")

# What the names of letters begin with in scripts that put nothing between the parts of a name.
CLOSED_UP = ("CJK ", "HANGUL ", "HIRAGANA ", "KATAKANA ")


def closed_up(text):
    """Whether a name is written in a script that puts nothing between its parts."""
    return all(unicodedata.name(letter, "").startswith(CLOSED_UP) for letter in text)


def display_name(given, family, country, family_first, capitals):
    """The name that people see; None where there is none.

    With `capitals` a family name that comes first is written in capital letters, so that others know which of the names it is.
    """
    given, family = (given or "").strip(), (family or "").strip()
    if not given or not family:
        return given or family or None
    # A Hungarian with a Japanese name is still a Hungarian, but nobody puts 太郎 before 山田.
    if closed_up(given + family):
        return family + given
    if (country or "").upper() not in family_first:
        return f"{given} {family}"
    return f"{family.upper() if capitals else family} {given}"
