"""Every form of date text with its reading: UTC, then what is special about it."""

from datetime import datetime, timezone

import pytest

from newswatch.feeds.date_days import DateHints, hints_of
from newswatch.feeds.dates import day_order, read_date

NONE = None
TABLE = """
# RFC 822 and its relatives
Thu, 26 Nov 2026 10:00:00 GMT                   | 2026-11-26 10:00:00
Thu, 26 Nov 2026 10:00:00 +0530                 | 2026-11-26 04:30:00
Thu, 26 Nov 2026 10:00:00 -0800                 | 2026-11-26 18:00:00
26 Nov 2026 10:00 UTC                           | 2026-11-26 10:00:00
Fri, 11 Jul 2025 19:58:02                       | 2025-07-11 19:58:02
Thu, 26 Nov 26 10:00:00 GMT                     | 2026-11-26 10:00:00
Thursday, 26-Nov-26 10:00:00 GMT                | 2026-11-26 10:00:00
Thu, 26 Nov 2026 24:00:00 GMT                   | 2026-11-27 00:00:00
Thu, 31 Dec 2026 23:59:60 GMT                   | 2027-01-01 00:00:00
Thu,28 Jul 2022 4:35:5 GMT+9                    | 2022-07-27 19:35:05
Thu, 26 Nov 2026 10:00:00 UTC+3                 | 2026-11-26 07:00:00
Thu, 26 Nov 2026 10:00:00 GMT+0100 (Central European Standard Time) | 2026-11-26 09:00:00
Thu, 26 Nov 2026 10:00:00 +0200 (CEST)          | 2026-11-26 08:00:00
Thu, 26 Nov 2026 10:00:00 (CET)                 | 2026-11-26 09:00:00
Thu Nov 26 10:00:00 2026                        | 2026-11-26 10:00:00
Thu Nov 26 10:00:00 CET 2026                    | 2026-11-26 09:00:00
Thu, 26 November 2026 10:00:00 +0000            | 2026-11-26 10:00:00
Thu, 26 Nov 2026                                | 2026-11-26 day
31 Jul, 2026 +0530                              | 2026-07-30 18:30:00 day
Sat, 30 Feb 2026 10:00:00 GMT                   | none
Thu, 26 Nov 2026 25:00:00 GMT                   | none
Thu, 26 Nov 2026 10:61:00 GMT                   | none
Thu, 26 Xyz 2026 10:00:00 GMT                   | none
Thu, 26 Nov 10:00:00 GMT                        | none
# zones
Fri, 11 Jul 2025 19:58:02 CEST                  | 2025-07-11 17:58:02
Fri, 11 Jul 2025 19:58:02 MSK                   | 2025-07-11 16:58:02
Fri, 11 Jul 2025 19:58:02 JST                   | 2025-07-11 10:58:02
Fri, 11 Jul 2025 19:58:02 EST                   | 2025-07-12 00:58:02
Fri, 11 Jul 2025 19:58:02 PDT                   | 2025-07-12 02:58:02
Fri, 11 Jul 2025 19:58:02 ET                    | 2025-07-11 23:58:02
Fri, 12 Dec 2025 19:58:02 ET                    | 2025-12-13 00:58:02
Fri, 11 Jul 2025 19:58:02 NPT                   | 2025-07-11 14:13:02
Fri, 11 Jul 2025 19:58:02 BST                   | 2025-07-11 19:58:02 unsure
Fri, 11 Jul 2025 19:58:02 BST        [en]       | 2025-07-11 18:58:02
Fri, 11 Jul 2025 19:58:02 BST        [GB]       | 2025-07-11 18:58:02
Fri, 11 Jul 2025 19:58:02 BST        [BD]       | 2025-07-11 13:58:02
Fri, 11 Jul 2025 19:58:02 IST                   | 2025-07-11 19:58:02 unsure
Fri, 11 Jul 2025 19:58:02 IST        [en]       | 2025-07-11 19:58:02 unsure
Fri, 11 Jul 2025 19:58:02 IST        [en IN]    | 2025-07-11 14:28:02
Fri, 11 Jul 2025 19:58:02 IST        [en IE]    | 2025-07-11 18:58:02
Fri, 11 Jul 2025 19:58:02 IST        [he]       | 2025-07-11 17:58:02
Fri, 11 Jul 2025 19:58:02 CST                   | 2025-07-12 01:58:02
Fri, 11 Jul 2025 19:58:02 CST        [zh-cn]    | 2025-07-11 11:58:02
Fri, 11 Jul 2025 19:58:02 EST        [en AU]    | 2025-07-11 09:58:02
Fri, 11 Jul 2025 19:58:02 XQT                   | 2025-07-11 19:58:02 unsure
Fri, 11 Jul 2025 19:58:02 +2400                 | 2025-07-11 19:58:02 unsure
2025-07-11 19:58:02 Europe/Berlin               | 2025-07-11 17:58:02
# RFC 3339, ISO 8601
2026-11-26T10:00:00Z                            | 2026-11-26 10:00:00
2026-11-26t10:00:00.123456789+01:00             | 2026-11-26 09:00:00
2026-11-26T10:00+0100                           | 2026-11-26 09:00:00
2026-11-26 10:00:00                             | 2026-11-26 10:00:00
2024-12-15 20:15:30 UTC                         | 2024-12-15 20:15:30
2026-11-26T10:00:00+01:00[Europe/Berlin]        | 2026-11-26 09:00:00
20261126T100000Z                                | 2026-11-26 10:00:00
20261126                                        | 2026-11-26 day
2026-11-26                                      | 2026-11-26 day
2026-11-26T24:00:00Z                            | 2026-11-27 00:00:00
2026-11                                         | none
2026                                            | none
2026-13-26T10:00:00Z                            | none
2026-02-29                                      | none
2026-11-02T10:00:00+02:30                       | 2026-11-02 07:30:00
9999-12-31T23:00:00-05:00                       | none
1601-01-01T00:00:00Z                            | none
0001-01-01T00:00:00Z                            | none
1970-01-01T00:00:00Z                            | none
# Unix time
1734290130                                      | 2024-12-15 19:15:30
1734290130123                                   | 2024-12-15 19:15:30
0                                               | none
2026112610                                      | none
# halves of the day
Sat, Dec 16 2023 02:02:33 PM                    | 2023-12-16 14:02:33
Nov 26, 2026 12:15 a.m.                         | 2026-11-26 00:15:00
Nov 26, 2026, 12:15 PM EST                      | 2026-11-26 17:15:00
26 Nov 2026 3pm                                 | 2026-11-26 15:00:00
26/11/2026 14:00 PM                             | 2026-11-26 14:00:00
26/11/2026 14:00 AM                             | none
# numbers
2026/11/26                                      | 2026-11-26 day
2026.11.26                                      | 2026-11-26 day
2026. 11. 26.                                   | 2026-11-26 day
2020/1/10 14:33:00                              | 2020-01-10 14:33:00
26-11-2026                                      | 2026-11-26 day
11/26/2026                                      | 2026-11-26 day
15.12.2024 20:15                                | 2024-12-15 20:15:00
05.11.2026                                      | 2026-11-05 day
05/11/2026                                      | none
05-11-2026                                      | none
05/05/2026                                      | 2026-05-05 day
05/11/2026                           [dmy]      | 2026-11-05 day
05/11/2026                           [mdy]      | 2026-05-11 day
05/11/2026                           [fr]       | 2026-11-05 day
05/11/2026                           [GB]       | 2026-11-05 day
05/11/2026                           [US]       | 2026-05-11 day
Thu, 05/11/2026 - 11:00                         | 2026-11-05 11:00:00
Mon, 05/11/2026 - 11:00                         | 2026-05-11 11:00:00
Do, 05.11.26 11:00                   [de]       | 2026-11-05 11:00:00
11/26/26                                        | 2026-11-26 day
05/11/06                                        | none
31/13/2026                                      | none
26-11-2026 25:10                                | none
# month and day names
Do, 22 Dez 2016 17:36:00 +0000                  | 2016-12-22 17:36:00
26. März 2026, 14:30 Uhr                        | 2026-03-26 14:30:00
jeu., 26 nov. 2026 10:00:00 +0100               | 2026-11-26 09:00:00
1er février 2026 à 14h30                        | 2026-02-01 14:30:00
mar., 24 mars 2026 10:00:00 +0100               | 2026-03-24 09:00:00
mar, 24 nov 2026 10:00:00 +0100                 | 2026-11-24 09:00:00
26 de noviembre de 2026                         | 2026-11-26 day
mié, 25 ago. 2026 10:00 a. m.                   | 2026-08-25 10:00:00
Qui, 26 Nov 2026 10:00:00 -0300                 | 2026-11-26 13:00:00
gio, 26 set 2026 10:00:00 +0200                 | 2026-09-26 08:00:00
czw., 26 lis 2026 10:00:00 +0100                | 2026-11-26 09:00:00
26 listopada 2026                               | 2026-11-26 day
Чт, 26 ноя 2026 10:00:00 +0300                  | 2026-11-26 07:00:00
26 ноября 2026 г., 10:00 МСК                    | 2026-11-26 07:00:00
26 Kasım 2026 Perşembe 10:00                    | 2026-11-26 10:00:00
donderdag 26 november 2026                      | 2026-11-26 day
26 نوفمبر 2026                                  | 2026-11-26 day
26 नवंबर 2026                                    | 2026-11-26 day
26 November 2569                                | none
2026年11月26日                                   | 2026-11-26 day
2026年11月26日 星期四 下午3:20                      | 2026-11-26 15:20:00
2026年11月26日(木) 10時30分                        | 2026-11-26 10:30:00
2026년 11월 26일 오후 3:20                          | 2026-11-26 15:20:00
令和8年11月26日                                    | 2026-11-26 day
民國115年3月19日                                   | 2026-03-19 day
115.03.19                            [TW]       | 2026-03-19 day
115.03.19                                       | none
Thứ Năm, 26/11/2026 10:00 (GMT+7)               | 2026-11-26 03:00:00
26 tháng 11, 2026                               | 2026-11-26 day
November 26th, 2026                             | 2026-11-26 day
Nov 26 2026 10:00AM                             | 2026-11-26 10:00:00
2026 Nov 26                                     | 2026-11-26 day
26 November                                     | none
3 days ago                                      | none
yesterday                                       | none
Version 3.11.2026 of the plan                   | none
# markup
<time datetime="2026-11-26T10:00:00Z">Thu, 11/26/2026 - 11:00</time> | 2026-11-26 10:00:00
<span>26 Nov 2026</span>                        | 2026-11-26 day
Thu, 11/26/2026 - 11:00                         | 2026-11-26 11:00:00
"""


def rows():
    for line in TABLE.splitlines():
        if line and not line.startswith("#"):
            text, _, reading = line.rpartition("|")
            text, _, hints = (
                text.strip().partition("        [") if text.rstrip().endswith("]") else (text, "", "")
            )
            if not hints and text.rstrip().endswith("]") and "  [" in text:
                text, _, hints = text.rpartition("  [")
            yield text.strip(), hints.strip(" ]"), reading.strip()


def hints_in(words):
    language = next((word for word in words if word.islower() and word not in ("dmy", "mdy")), "")
    country = next((word for word in words if word.isupper()), "")
    order = {"dmy": True, "mdy": False}.get(
        next((word for word in words if word.endswith("my") or word == "mdy"), "")
    )
    return DateHints(language, country, order)


def shown(reading):
    if reading is None:
        return "none"
    moment = reading.moment.astimezone(timezone.utc)
    midnight = not reading.has_time and moment.time() == datetime.min.time()
    text = f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%d %H:%M:%S}"
    return text + ("" if reading.has_time else " day") + ("" if reading.certain else " unsure")


@pytest.mark.parametrize(("text", "hints", "expected"), list(rows()))
def test_date_text_has_its_reading(text, hints, expected):
    assert shown(read_date(text, hints=hints_in(hints.split()))) == expected


def test_table_is_as_long_as_it_should_be():
    assert len(list(rows())) >= 80


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["05/11/2026", "26/11/2026"], True),
        (["05/11/2026", "11/26/2026"], False),
        (["05-11-2026 10:00", "Thu, 05-11-2026"], True),
        (["05/11/2026", "06/11/2026"], None),
        (["26/11/2026", "11/26/2026"], None),
        (["26 Nov 2026", "2026-11-26"], None),
    ],
)
def test_order_of_day_and_month_is_decided_once_from_all_dates(texts, order):
    assert day_order(texts) is order


@pytest.mark.parametrize(
    ("url", "language", "country"),
    [
        ("https://www.bbc.co.uk/feed", "en", "GB"),
        ("https://www.sec.gov/feed", "en-us", "US"),
        ("https://news.example/feed", "en-gb", "GB"),
        ("https://news.example/feed", "en-us", ""),
        ("https://news.io/feed", "en", ""),
    ],
)
def test_country_is_that_of_the_host_or_of_the_language(url, language, country):
    assert hints_of(url, language) == DateHints(language, country)
