"""A morning's headlines from six outlets, in the order they came: which of them belong to one story."""

from __future__ import annotations

from newswatch.models import short_hash
from newswatch.pipeline.match.wording import wording
from newswatch.stories.titles import KnownTitle, Titles

STREAM = (
    # (story by a person's judgement, outlet, minutes after six, headline)
    ("mining", "wire", 0, "Ministries want crypto mining legalised, central bank opposes"),
    ("rates", "daily", 2, "ECB leaves interest rates unchanged as inflation slows"),
    ("mining", "daily", 5, "Central bank opposes ministries' plan to legalise crypto mining"),
    ("etf", "metro", 6, "SEC delays decision on spot ether ETF until March"),
    ("rates", "wire", 9, "ECB keeps interest rates unchanged, says inflation slows"),
    ("mining", "metro", 11, "Ministries want to legalise crypto mining, but central bank opposes it"),
    ("fine", "globe", 14, "Regulator fines exchange 12 million euros over missing checks"),
    ("rates-uk", "wire", 17, "Bank of England raises interest rates to 5.25 percent"),
    ("etf", "wire", 20, "SEC delays spot ether ETF decision until March, filing shows"),
    ("game-1", "metro", 22, "Rays 5, Yankees 0: final score and highlights"),
    ("game-2", "globe", 23, "Rays 2, Yankees 7: final score and highlights"),
    ("fine", "post", 26, "Exchange fined 12 million euros by regulator over missing checks"),
    ("fine-2", "daily", 29, "Regulator fines bank 80 million euros over missing reports"),
    ("stablecoin", "globe", 31, "Parliament debates stablecoin bill on Thursday"),
    ("mining", "post", 34, "Crypto mining should be legal, ministries say; central bank opposes"),
    ("weather", "metro", 36, "Weather forecast for the capital: rain and wind"),
    ("rates", "post", 40, "Interest rates unchanged as ECB sees inflation slow"),
    ("stablecoin", "wire", 44, "Stablecoin bill: parliament debates it on Thursday"),
    ("appointment", "daily", 47, "Governor appoints new deputy for payments"),
    (
        "mining",
        "wire",
        50,
        "Ministries and central bank at odds: mining to be legalised, central bank opposes",
    ),
    ("weather-2", "globe", 53, "Weather forecast for the coast: sun and wind"),
    ("etf-2", "post", 57, "SEC approves bitcoin ETF options"),
    ("sanctions", "wire", 60, "EU adds two banks to its sanctions list"),
    ("outage", "globe", 62, "Payment network down for hours across the country"),
    ("sanctions", "daily", 64, "Two banks added to EU sanctions list"),
    ("rouble", "post", 66, "Rouble falls to lowest in a year against the dollar"),
    ("cbdc", "metro", 70, "Central bank to test digital currency with retailers next year"),
    ("outage", "metro", 72, "Payment network was down for hours across the country, operator apologises"),
    ("rouble-2", "wire", 75, "Rouble recovers against the dollar after central bank sells gold"),
    ("cbdc", "wire", 77, "Retailers to test central bank's digital currency next year"),
    ("merger", "daily", 80, "Watchdog clears merger of the two largest brokers"),
    ("merger-2", "globe", 83, "Watchdog blocks merger of two grid operators"),
    ("minutes", "wire", 85, "Fed minutes show officials split over pace of cuts"),
    ("minutes", "post", 88, "Officials split over pace of cuts, Fed minutes show"),
    ("jobs", "metro", 90, "Unemployment falls to 3.9 percent in October"),
    ("jobs-uk", "globe", 92, "Unemployment rises to 4.3 percent in Britain"),
    ("hack", "daily", 95, "Exchange says hackers stole 40 million dollars in tokens"),
    ("hack", "metro", 99, "Hackers stole 40 million dollars in tokens, exchange says"),
    ("hack", "wire", 101, "Crypto exchange loses 40 million dollars to hackers"),
    ("tax", "post", 104, "Finance ministry proposes tax on crypto gains"),
    ("tax", "daily", 107, "Crypto gains to be taxed, finance ministry proposes"),
    ("gold", "globe", 110, "Gold price reaches record as dollar weakens"),
    ("oil", "wire", 112, "Oil price falls as output reaches record"),
    ("audit", "metro", 115, "Auditor resigns from lender a week before results"),
    ("results", "daily", 118, "Lender reports record results for the third quarter"),
    ("results-2", "post", 120, "Insurer reports record results for the third quarter"),
    ("audit", "globe", 123, "Lender's auditor resigns a week before results"),
    ("vote", "wire", 126, "Senate votes to extend debt ceiling until spring"),
    ("vote", "metro", 129, "Senate extends debt ceiling until spring in late vote"),
    ("speech", "globe", 131, "Governor says inflation will be back at target by summer"),
)


def attachments() -> list[tuple[str, str | None]]:
    """For each headline its story, and the story of the first one it was attached to."""
    titles, first, found = Titles(), {}, []
    for story, outlet, minutes, headline in STREAM:
        words = wording(headline)
        link = short_hash(outlet, headline)
        attached = titles.story_of(link, outlet, words, minutes * 60.0)
        name = attached.story if attached else link
        first.setdefault(name, story)
        found.append((story, first[name] if attached else None))
        titles.add(KnownTitle(name, link, outlet, words, minutes * 60.0))
    return found


def test_hardly_a_headline_goes_into_another_storys_thread():
    wrong = [(own, other) for own, other in attachments() if other not in (None, own)]
    # Titles built from one template: shown as a further report, where a reader sees both headlines.
    assert wrong == [("weather-2", "weather"), ("merger-2", "merger")]


def test_every_further_report_goes_into_its_storys_thread():
    seen, further, threaded = set(), 0, 0
    for own, other in attachments():
        further += own in seen
        threaded += own in seen and other == own
        seen.add(own)
    assert (threaded, further) == (18, 18)
