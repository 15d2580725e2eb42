"""The names in date texts: months, days of the week, the words between them, halves of the day.

The month and day names are those of Unicode's CLDR for the languages that feeds use most: English, German,
French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Ukrainian, Turkish, Czech, Swedish, Danish,
Norwegian, Finnish, Greek, Romanian, Arabic, Hebrew, Hindi, Indonesian and Bulgarian. One table for all of them:
no name is two months. Names are compared folded, without case and accents. A test compares the table with
CLDR's (`tests/feeds/test_feeds_date_names.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_MONTHS = (
    (
        "january jan januar janvier janv enero ene gennaio gen janeiro januari stycznia sty styczeń января янв"
        " январь січня січ січень ocak oca ledna led leden tammikuuta tammi tammikuu ιανουαρίου ιαν ιανουάριοσ"
        " ianuarie ian يناير ינואר ינו׳ जनवरी जन॰ януари яну"
    ),
    (
        "february feb februar février févr febrero febbraio fevereiro fev februari lutego lut luty февраля февр"
        " февраль лютого лют лютий şubat şub února úno únor helmikuuta helmi helmikuu φεβρουαρίου φεβ φεβρουάριοσ"
        " februarie فبراير פברואר פבר׳ फ़रवरी फ़र॰ февруари фев"
    ),
    (
        "march mar märz mär mars marzo março maart mrt marca marzec марта мар март березня бер березень mart"
        " března bře březen marts maaliskuuta maalis maaliskuu μαρτίου μαρ μάρτιοσ μάρ martie مارس מרץ मार्च maret"
    ),
    (
        "april apr avril avr abril abr aprile kwietnia kwi kwiecień апреля апр апрель квітня квіт квітень nisan"
        " nis dubna dub duben huhtikuuta huhti huhtikuu απριλίου απρ απρίλιοσ aprilie أبريل אפריל אפר׳ अप्रैल април"
    ),
    (
        "may mai mayo maggio mag maio mei maja maj мая май травня трав травень mayıs května kvě květen toukokuuta"
        " touko toukokuu μαΐου μαΐ μάιοσ μάι مايو מאי मई"
    ),
    (
        "june jun juni juin junio giugno giu junho czerwca cze czerwiec июня июн июнь червня черв червень haziran"
        " haz června čvn červen kesäkuuta kesä kesäkuu ιουνίου ιουν ιούνιοσ ιούν iunie iun يونيو יוני जून юни"
    ),
    (
        "july jul juli juillet juil julio luglio lug julho lipca lip lipiec июля июл июль липня лип липень temmuz"
        " tem července čvc červenec heinäkuuta heinä heinäkuu ιουλίου ιουλ ιούλιοσ ιούλ iulie iul يوليو יולי जुलाई"
        " जुल॰ юли"
    ),
    (
        "august aug août agosto ago augustus sierpnia sie sierpień августа авг август серпня серп серпень ağustos"
        " ağu srpna srp srpen augusti elokuuta elo elokuu αυγούστου αυγ αύγουστοσ αύγ أغسطس אוגוסט אוג׳ अगस्त अग॰"
        " agustus agu"
    ),
    (
        "september sep sept septembre septiembre settembre set setembro września wrz wrzesień сентября сент"
        " сентябрь вересня вер вересень eylül eyl září zář syyskuuta syys syyskuu σεπτεμβρίου σεπ σεπτέμβριοσ"
        " septembrie سبتمبر ספטמבר ספט׳ सितंबर सित॰ септември сеп"
    ),
    (
        "october oct oktober okt octobre octubre ottobre ott outubro out października paź październik октября окт"
        " октябрь жовтня жовт жовтень ekim eki října říj říjen lokakuuta loka lokakuu οκτωβρίου οκτ οκτώβριοσ"
        " octombrie أكتوبر אוקטובר אוק׳ अक्टूबर अक्टू॰ октомври"
    ),
    (
        "november nov novembre noviembre novembro listopada lis listopad ноября нояб ноябрь листопада лист"
        " листопад kasım kas listopadu marraskuuta marras marraskuu νοεμβρίου νοε νοέμβριοσ νοέ noiembrie نوفمبر"
        " נובמבר נוב׳ नवंबर नव॰ ноември ное"
    ),
    (
        "december dec dezember dez décembre déc diciembre dic dicembre dezembro grudnia gru grudzień декабря дек"
        " декабрь грудня груд грудень aralık ara prosince pro prosinec desember des joulukuuta joulu joulukuu"
        " δεκεμβρίου δεκ δεκέμβριοσ decembrie ديسمبر דצמבר דצמ׳ दिसंबर दिस॰ декември"
    ),
)

_DAYS = (
    (
        "monday mon montag mo lundi lun lunes lunedì segunda-feira seg maandag ma poniedziałek pon понедельник пн"
        " понеділок pazartesi pzt pondělí po måndag mån mandag man maanantaina maanantai δευτέρα δευ luni الاثنين"
        " सोमवार सोम senin sen понеделник"
    ),
    (
        "tuesday tue dienstag di mardi mar martes martedì terça-feira ter dinsdag wtorek wt вторник вт вівторок"
        " salı sal úterý út tisdag tis tirsdag tirs tir tiistaina ti tiistai τρίτη τρί marți الثلاثاء मंगलवार मंगल"
        " selasa sel"
    ),
    (
        "wednesday wed mittwoch mi mercredi mer miércoles mié mercoledì quarta-feira qua woensdag wo środa śr"
        " среда ср середа çarşamba çar středa st onsdag ons keskiviikkona ke keskiviikko τετάρτη τετ miercuri mie"
        " الأربعاء बुधवार बुध rabu rab сряда"
    ),
    (
        "thursday thu donnerstag do jeudi jeu jueves jue giovedì gio quinta-feira qui donderdag czwartek czw"
        " четверг чт четвер perşembe per čtvrtek čt torsdag tors tor torstaina to torstai πέμπτη πέμ joi الخميس"
        " गुरुवार गुरु kamis kam четвъртък"
    ),
    (
        "friday fri freitag fr vendredi ven viernes vie venerdì sexta-feira sex vrijdag vr piątek pt пятница пт"
        " пʼятниця cuma cum pátek pá fredag fre perjantaina pe perjantai παρασκευή παρ vineri vin الجمعة शुक्रवार"
        " शुक्र jumat jum петък"
    ),
    (
        "saturday sat samstag so sa samedi sam sábado sáb sabato sab zaterdag za sobota sob суббота сб субота"
        " cumartesi cmt lördag lör lørdag lør lauantaina la lauantai σάββατο σάβ sâmbătă sâm السبت שבת शनिवार शनि"
        " sabtu събота"
    ),
    (
        "sunday sun sonntag so dimanche dim domingo dom domenica zondag zo niedziela niedz воскресенье вс неділя"
        " нд pazar paz neděle ne söndag sön søndag søn sunnuntai su κυριακή κυρ duminică dum الأحد रविवार रवि"
        " minggu min неделя"
    ),
)

_SPELLINGS = {
    1: "jänner jän", 2: "fév", 3: "mrz maerz", 4: "ابريل", 8: "اغسطس", 9: "сен", 10: "اكتوبر", 11: "ноя نونبر"
}  # fmt: skip
"""Spellings that CLDR leaves out: Austria's January, three letters of Russian names, Arabic without its hamza."""

_BETWEEN = (
    "de del of the le el den der um at on o a à às alle ore kl klo uhr st nd rd th er ème o a t г г. года році року"
    " р h hrs hours uhr om il di la las los dne в о об u saat"
    " יום ראשון שני שלישי רביעי חמישי שישי א׳ ב׳ ג׳ ד׳ ה׳ ו׳ ש׳"
)
"""Words that may be between the parts of a date: articles, endings of ordinal numbers, "at", "year"."""

_MORNING = "am a.m. a.m ص 上午 午前 오전 π.μ. πμ öö"
_AFTERNOON = "pm p.m. p.m م 下午 午後 오후 μ.μ. μμ ös"


def fold(word: str) -> str:
    """A word without case, accents and other marks, to compare names."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part) and part != ".")


def _numbered(lines: Iterable[str], first: int) -> dict[str, int]:
    found: dict[str, int] = {}
    clashing: set[str] = set()
    for number, names in enumerate(lines, start=first):
        for name in map(fold, names.replace("-", " ").split()):
            if found.setdefault(name, number) != number:
                clashing.add(name)
    return {name: number for name, number in found.items() if name not in clashing}


MONTHS: dict[str, int] = _numbered(_MONTHS, 1) | {
    fold(name): number for number, names in _SPELLINGS.items() for name in names.split()
}
"""The number of a month, 1 to 12, by its folded name."""
DAYS: dict[str, int] = _numbered(_DAYS, 0)
"""The number of a day of the week, 0 for Monday, by its folded name. Without the few that differ by language."""
DAY_NAMES = frozenset(fold(name) for line in _DAYS for name in line.replace("-", " ").split())
BETWEEN = frozenset(map(fold, _BETWEEN.split()))
HALVES: dict[str, int] = {fold(name): 0 for name in _MORNING.split()} | {
    fold(name): 12 for name in _AFTERNOON.split()
}
"""The hours that a half of the day adds, by its folded name."""
