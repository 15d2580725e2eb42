"""The names in `feeds.date_names` are those of Unicode's CLDR, and dates written by it are read."""

from datetime import date, datetime, timedelta, timezone

import pytest
from babel.dates import format_date, format_datetime

from newswatch.feeds.date_days import DateHints
from newswatch.feeds.dates import read_date

LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "ru",
    "uk",
    "tr",
    "cs",
    "sv",
    "da",
    "nb",
    "fi",
    "el",
    "ro",
    "ar",
    "he",
    "hi",
    "id",
    "bg",
    "zh",
    "ja",
    "ko",
    "vi",
]
DAYS = [date(2026, month, 2 + 2 * month) for month in range(1, 13)]
FORMS = {
    "zh": ("y年M月d日", "y年M月d日 EEE"),
    "ja": ("y年M月d日", "y年M月d日(EEE)"),
    "ko": ("y년 M월 d일", "y년 M월 d일 EEEE"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [0, 1, 2])
def test_dates_as_cldr_writes_them_are_read(language, form):
    usual = ("d MMMM y", "EEEE, d MMMM y", "EEE, d MMM y")
    pattern = (*FORMS.get(language, usual), "y-MM-dd")[form]
    read = {}
    for day in DAYS:
        text = format_date(day, pattern, locale=language)
        reading = read_date(text)
        read[text] = reading and reading.moment.date()
    assert list(read.values()) == DAYS, read


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["full", "long", "medium", "short"])
def test_times_as_cldr_writes_them_are_read_or_left(language, form):
    """Whatever is read is right."""
    for hour in (0, 9, 12, 20):
        moment = datetime(2026, 11, 5, hour, 30, 15, tzinfo=timezone.utc)
        text = format_datetime(moment, form, locale=language)
        reading = read_date(text, hints=DateHints(language))
        if reading is not None and reading.has_time:
            assert abs(reading.moment - moment) < timedelta(minutes=1), text
