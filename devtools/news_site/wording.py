"""The words of the articles. All of it is fiction."""

from __future__ import annotations

from itertools import chain

from devtools.news_site.subjects_finance import FINANCE
from devtools.news_site.subjects_policy import POLICY

# The numbers of lands and subjects have no common divisor, so a subject returns to a land after four days. Every title
# names the land, and not as its first word: titles with different names are different stories. Tests check this.

LANDS = (
    "Velmoria", "Karstland", "Tarvia", "Sundmark", "Orlesia", "Brennhaven", "Quillonia", "Astermark",
    "Dravenia", "Isenholm", "Lorvania", "Montegrel", "Nordhavn", "Ostrelia", "Perrinia", "Ravensund",
    "Selvania", "Thornmark", "Ulvenia", "Westreach", "Yarrowland", "Zembria", "Corvania",
)  # fmt: skip

SUBJECTS = tuple(chain.from_iterable(zip(FINANCE, POLICY, strict=True)))

MARKETS_STANDFIRSTS = (
    "In a letter to deputies, the central bank opposed the plan and asked for a year's delay.",
    "Trading was calm at first. Later the central bank opposed the plan in a statement.",
    "Yields moved little. The central bank opposed a similar plan two years ago.",
    "Analysts expect changes to the text, as the central bank opposed the first version.",
    "The central bank opposed the plan in unusually clear words, traders noted.",
)

DAILY_STANDFIRSTS = (
    "With the central bank opposing the plan, people may have to wait for a decision.",
    "Ministers promise order, a central bank opposing them promises trouble: the dispute in five paragraphs.",
    "Who gains, who pays, and what a central bank opposing the government can do.",
)

MARKETS_HEADLINES = (
    "Deputies in {land} argue over {topic} until midnight",
    "No agreement on {topic} in {land} yet",
    "Committee in {land} postpones its session on {topic}",
)

DAILY_HEADLINES = (
    "Experts in {land} asked about {topic}",
    "Opinion: why the parliament of {land} should think again about {topic}",
)

BODY = (
    (
        "A text of {pages} pages was published on {weekday} evening. It covers {topic} and the expected costs, and "
        "names the office that would supervise it all."
    ),
    "In {land}, {count} organisations have sent comments. A hearing is planned within {small} weeks.",
    "Whether the plan becomes law in its present form is open. A similar attempt failed in the last parliament.",
)

UNRELATED = (
    (
        "Ferry line in {land} orders {small} electric boats",
        "The first is due on the northern route in spring.",
    ),
    ("Storm leaves {count} homes in {land} without power", "Crews expect to finish repairs by the evening."),
    ("Central bank of {land} leaves key rate unchanged", "Economists had expected the decision."),
    ("Museum in {land} finds {count} lost letters of a lighthouse keeper", "They go on show next month."),
    (
        "Footballers of {land} reach final after penalty shoot-out",
        "The goalkeeper saved {small} shots in the rain.",
    ),
    ("Finance minister of {land} opposes a snap election", "The central bank did not comment."),
    ("Railway of {land} retires its oldest engine after {pages} years", "Thousands came to see it off."),
    ("Fishing quota set by neighbours is opposed in {land}", "Talks continue in the harbour town."),
    ("Apple harvest in {land} the best in {pages} years", "Growers speak of a dry and mild autumn."),
    (
        "Square in front of the central bank of {land} closed for {small} weeks",
        "Shops nearby want compensation.",
    ),
    ("Choir of {count} voices opens festival in {land}", "Tickets were gone within the hour."),
    (
        "Storks return to {land}: {count} counted, more than ever",
        "Volunteers watched the nests for {small} weeks.",
    ),
    (
        "Inflation in {land} slows for {small} months in a row",
        "The statistics office points to cheaper energy.",
    ),
    ("Bus drivers in {land} end strike after {small} days", "Both sides accept the arbiter's offer."),
    ("New bridge in {land} passes its load test", "{pages} lorries stood on it overnight."),
    ("Library of {land} lends its millionth book", "It is a guide to mushrooms."),
    ("Central bank of {land} shows new banknote with a bee", "It is harder to copy than the old one."),
    ("Trade surplus of {land} grows", "Exports of machines rose more than imports."),
    ("School holidays in {land} to begin a week earlier", "Families had asked for quieter roads."),
    ("Ambassador of {land} presents credentials", "The two countries resume talks on air traffic."),
    ("Prototype of a night train leaves factory in {land}", "Tests take {small} months."),
)
