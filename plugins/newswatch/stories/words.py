"""Words that say little in a headline, or that stand for numbers and dates: function words, numerals, months. Pure.

Function words say nothing about the subject of a headline, so titles are compared without them. They are the articles,
prepositions, conjunctions, pronouns, auxiliaries and verbs of saying that occur in headlines, folded but not stemmed.
Negations are not among them, because they change the meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_WORDS = {
    "en": """a an the of in on at to for from by with over under after before as into onto about against amid
        among between during until till up down out off than per via and or but if so while when that which who
        whom whose what how why it its he his him she her they their them we our us you your i my this these
        those there here is are was were be been being am has have had having do does did will would shall
        should can could may might must say says said saying""",
    "de": """der die das den dem des ein eine einen einem einer eines in im an am auf aus bei beim bis durch für
        gegen mit nach seit um unter von vom vor zu zum zur über und oder aber als wie dass ob wenn weil während
        er sie es ihr ihre ihren sein seine seinen sich wir uns man dieser diese dieses ist sind war waren wird
        werden wurde wurden hat haben hatte kann können soll sollen will wollen sagt""",
    "fr": """le la les l un une des du de d à au aux en dans par pour sur sous avec sans chez vers entre contre
        après avant et ou mais si que qu qui quoi dont où comme ce cet cette ces il elle ils elles on nous vous
        se s son sa ses leur leurs y est sont était être a ont avait va vont peut selon dit""",
    "es": """el la los las lo un una unos unas de del a al en con por para sin sobre entre hasta desde contra tras
        ante según y e o u pero si que qué quien como cuando donde su sus se es son era ser está están ha han
        había va van puede dice""",
    "it": """il lo la i gli le un uno una di del della dei delle a al alla ai alle da dal dalla in nel nella con su
        sul sulla per tra fra e o ma se che chi cui come quando dove si suo sua suoi loro è sono era essere ha
        hanno va può dice""",
    "pt": """o a os as um uma de do da dos das em no na nos nas por pelo pela para com sem sobre entre até e ou mas
        se que quem como quando onde seu sua seus suas é são era ser está estão tem vai pode diz""",
    "nl": """de het een van in op aan te tot voor door met over onder na uit bij naar om en of maar als dat die wie
        wat hoe er hij zij ze hun zijn haar is was waren wordt worden heeft hebben kan zal zegt""",
    "ru": """и в во на с со к ко по за из от до для о об обо у при под над между через без про после перед против а
        но или что чтобы как если когда где который которая которые это этот эта эти его её ее их он она они мы
        вы себя свой свою своих же ли бы был была было были будет будут есть стал стала""",
}
_NUMBERS = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "ru": "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
}
_MORE_NUMBERS = {
    "ru": {
        "две": "2", "двух": "2", "двое": "2", "двоих": "2", "трех": "3", "трёх": "3", "трое": "3", "троих": "3",
        "четырех": "4", "четырёх": "4", "четверо": "4", "пяти": "5", "пятеро": "5", "шести": "6", "семи": "7",
    },
}  # fmt: skip
_ORDINAL = ("st", "nd", "rd", "th")
_MONTHS = {
    "en": """january february march april may june july august september october november december jan feb mar apr
        jun jul aug sept sep oct nov dec""",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_BY_LANGUAGE: Mapping[str, frozenset[str]] = {lang: frozenset(text.split()) for lang, text in _WORDS.items()}
_NONE: frozenset[str] = frozenset()


_NUMBERS_BY_LANGUAGE: Mapping[str, Mapping[str, str]] = {
    lang: {word: str(number) for number, word in enumerate(text.split(), start=2)}
    | _MORE_NUMBERS.get(lang, {})
    for lang, text in _NUMBERS.items()
}
_MONTHS_BY_LANGUAGE: Mapping[str, frozenset[str]] = {
    lang: frozenset(text.split()) for lang, text in _MONTHS.items()
}
_NO_NUMBERS: Mapping[str, str] = {}


def is_function_word(word: str, lang: str) -> bool:
    """Whether a folded word is a function word in `lang` (`de`, `de-CH`). False in an unknown language."""
    return word in _BY_LANGUAGE.get(_primary(lang), _NONE)


def is_month(word: str, lang: str) -> bool:
    """Whether a folded word is a month, as dates write it."""
    return word in _MONTHS_BY_LANGUAGE.get(_primary(lang), _NONE)


def number_of(word: str, lang: str) -> str:
    """The number that a folded word is, in digits; "" for other words."""
    if word[:1].isdecimal():
        return word[:-2] if word[-2:] in _ORDINAL and word[:-2].isdecimal() else word
    return _NUMBERS_BY_LANGUAGE.get(_primary(lang), _NO_NUMBERS).get(word, "")


@cache
def _primary(lang: str) -> str:
    return lang.lower().partition("-")[0].partition("_")[0]
