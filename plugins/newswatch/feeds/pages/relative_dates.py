"""Dates that are counted from now: "3 hours ago", "yesterday, 14:30", in the languages of most pages.

They are rounded down to their own unit, so that the next reading of the page says nearly the same.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

_UNITS = {
    "second": "seconds? secs? sekunden? secondes? segundos? second[oi] secondi segundos? seconden? секунд[уы]? sekund[ya]? sekunder? 秒钟? 秒鐘? 초 saniye ثاني[ةه] ثوان[يى]? שניות",
    "minute": "minutes? mins? minuten? minutos? minut[oi] минут[уы]? хвилин[уи]? minut[yę]? minuter minutter 分钟? 分鐘? 分 분 dakika دقيق[ةه] دقائق דקות phút λεπτά",
    "hour": "hours? hrs? stunden? heures? horas? or[ae] uur часа? часов годин[уи]? godzin[yę]? timm[ae]r? time[rn]? 小时 小時 時間 시간 saat ساع[ةه] ساعات שעות giờ ώρες?",
    "day": "days? tage?n? jours? d[ií]as? giorn[oi] dag(?:en|ar|e)? день дня дней дн[іи] днів dni dzień 天 日 일 gün يوم أيام ימים ngày ημέρ(?:ες|α)",
    "week": "weeks? wks? wochen? semaines? semanas? settiman[ae] weken неделю недел[иь] тижн[іи]?в? tygodni(?:e|u)? veck(?:a|or) uger? 周 週間? 주 hafta أسبوع أسابيع",
    "month": "months? monate?n? mois mes(?:es)? mês mes[ei] maand(?:en)? месяц(?:а|ев)? місяц(?:ь|і|ів) miesi(?:ąc|ące|ęcy) månad(?:er)? måned(?:er)? 个月 個月 か月 ヶ月 개월 ay شهر أشهر",
}  # fmt: skip
_SHORT = {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000}
_UNIT = "|".join(f"(?P<{name}>{'|'.join(words.split())})" for name, words in _UNITS.items())
_COUNT = r"(?P<count>\d{1,3}|an?|one|eine[rmn]?|un[ea]?|uno|één|en|ett)"
_BEFORE = r"(?:vor|il y a|hace|h[aá]|منذ|לפני|πριν(?: από)?)"
_AFTER = r"(?:ago|fa|geleden|назад|тому|temu|sedan|siden|atrás|önce|trước|前|전|之前|sitten)"
_AGO = re.compile(
    rf"(?i)(?<!\w)(?:(?P<before>{_BEFORE})\s*(?:ca\.?\s|etwa\s|about\s|over\s)?)?(?:about\s|over\s|almost\s)?"
    rf"{_COUNT}\s?(?:{_UNIT})(?P<after>\s?{_AFTER})?(?!\w)"
)
_SHORT_AGO = re.compile(r"(?<![\w.])(\d{1,2})\s?(s|min|m|h|d|w)\s(?:ago|назад)(?!\w)")
_NAMED = {
    0: "just now|today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag|сегодня|сьогодні|dzisiaj|dziś|idag|i dag|tänään|今天|今日|오늘|bugün|اليوم|היום|hôm nay|σήμερα|dnes|hari ini",
    1: "yesterday|gestern|hier|ayer|ieri|ontem|gisteren|вчера|вчора|wczoraj|igår|i går|eilen|昨天|昨日|어제|dün|أمس|אתמול|hôm qua|χθες|včera|kemarin",
}  # fmt: skip
_CLOCK = r"(?:[\s,|–-]{1,3}(?:at\s|um\s|à\s|kl\.?\s|в\s|alle\s|a las\s)?(?P<h>\d{1,2})[:.h](?P<m>\d\d)(?:\s?(?P<half>[ap])\.?m)?)?"
_DAYS = [(days, re.compile(rf"(?i)(?<!\w)(?:{words}){_CLOCK}(?![\w'’])")) for days, words in _NAMED.items()]
_WORDS = frozenset(
    """ago fa geleden назад тому temu sedan siden atrás önce trước sitten vor il hace há ha منذ לפני πριν just today heute
    aujourd hui hoy oggi hoje vandaag сегодня сьогодні dzisiaj dziś idag dag tänään bugün اليوم היום hôm σήμερα dnes hari
    yesterday gestern hier ayer ieri ontem gisteren вчера вчора wczoraj igår går eilen dün أمس אתמול χθες včera
    kemarin""".split()  # noqa: SIM905
)
_JOINED = re.compile("[前전]|今天|今日|오늘|昨天|昨日|어제")
_WORD = re.compile(r"\w+")
_MAX_CHARS = 120


def find(text: str) -> re.Match[str] | None:
    """The first part of a text that says how long ago something was."""
    return _find(text) if len(text) <= _MAX_CHARS else None


@lru_cache(8_192)
def _find(text: str) -> re.Match[str] | None:
    if _WORDS.isdisjoint(_WORD.findall(text.lower())) and (text.isascii() or not _JOINED.search(text)):
        return None
    counted = (one for one in _AGO.finditer(text) if one["before"] or one["after"])
    named = (one for _, form in _DAYS if (one := form.search(text)))
    return next(counted, None) or _SHORT_AGO.search(text) or next(named, None)


def read(text: str, now: datetime) -> datetime | None:
    """What a text says if it was written at `now`."""
    found = find(text)
    if found is None:
        return None
    if found.re is _AGO:
        unit = next(name for name in _UNITS if found[name])
        return _ago(int(found["count"]) if found["count"].isdecimal() else 1, unit, now)
    if found.re is _SHORT_AGO:
        return _ago(int(found[1]), _SHORT[found[2]], now)
    days = next(days for days, form in _DAYS if form is found.re)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    if found["h"] is None:
        return day
    hour = int(found["h"]) % 12 + 12 * (found["half"].lower() == "p") if found["half"] else int(found["h"])
    return day + timedelta(hours=hour, minutes=int(found["m"])) if hour < 24 and int(found["m"]) < 60 else day


def _ago(count: int, unit: str, now: datetime) -> datetime:
    moment = now - timedelta(seconds=count * _SECONDS[unit])
    if unit in ("second", "minute"):
        return moment.replace(second=0, microsecond=0)
    hour = moment.hour if unit == "hour" else 0
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)
