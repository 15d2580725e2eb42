"""The words of the articles. All of it is fiction."""

from __future__ import annotations

# A lead is about a measure for a sector, on an occasion. Each measure is sensible for each sector, and each occasion for
# all of them. The numbers of entries have no common divisor. So within two days of editions two leads share at
# most two of template, land, actors, measure, sector and occasion, and their titles are not similar. A test checks this.

LANDS = (
    "Velmoria", "Karstland", "Tarvia", "Sundmark", "Orlesia", "Brennhaven", "Quillonia", "Astermark",
    "Dravenia", "Isenholm", "Lorvania", "Montegrel", "Nordhavn", "Ostrelia", "Perrinia", "Ravensund",
    "Selvania", "Thornmark", "Ulvenia", "Westreach", "Yarrowland", "Zembria", "Corvania",
)  # fmt: skip

ACTORS = (
    "finance ministers",
    "coalition deputies",
    "regional governors",
    "upper-house members",
    "budget committee members",
    "justice officials",
    "senators",
    "cabinet members",
    "trade unions",
    "party leaders",
    "economy officials",
)

MEASURES = (
    "a windfall levy on", "a fee cap for", "a tax break for", "a state guarantee for", "a dividend freeze at",
    "lighter rules for", "a rescue scheme for", "a bonus limit at", "a public register of",
    "an ownership limit at", "a single supervisor for", "faster licences for", "a loan quota for",
)  # fmt: skip

SECTORS = (
    "savings banks", "mortgage lenders", "crypto exchanges", "payment firms", "pension funds", "life insurers",
    "stockbrokers", "credit unions", "leasing companies", "asset managers", "remittance shops", "stablecoin operators",
    "estate agents", "grain merchants", "bond dealers", "neobanks", "card networks",
)  # fmt: skip

OCCASIONS = (
    "after court ruling", "before spring election", "in coalition deal", "after street protests", "as growth slows",
    "as inflation rises", "after audit report", "in emergency session", "before party congress", "despite budget gap",
    "after weeks of talks", "from next January", "within weeks", "after first reading", "after rating downgrade",
    "following bank run", "under treaty pledge", "with opposition votes", "after tax shortfall", "on expert advice",
    "as currency weakens", "in reform package", "after inquiry", "at regional summit", "in autumn budget",
    "amid housing slump", "after minister's resignation", "on trial basis", "in night sitting", "on trade partners' request",
    "after long delay",
)  # fmt: skip

WIRE_TITLES = (
    "{actors} in {land} back {topic} {occasion}",
    "{land}: draft law brings {topic} {occasion}",
    "{land} moves to vote on {topic} {occasion}",
    "{actors} of {land} announce {topic} {occasion}",
    "Bill on {topic} tabled by {actors} of {land} {occasion}",
    "{land} considers {topic} {occasion}",
    "{land}'s {actors} call for {topic} {occasion}",
)

WIRE_STANDFIRSTS = (
    "The central bank opposes the plan, which goes to a first reading next week.",
    "Supporters speak of jobs and revenue. The central bank opposes the idea and warns of losses for savers.",
    "A vote could come before the recess, although the country's central bank opposes it.",
    "The draft has a majority on paper. The central bank opposes every one of its nine articles.",
    "The rules would apply from spring. {land}'s central bank opposes that date and the rest of the text.",
)

MARKETS_TITLES = (
    "Bank shares in {land} slip on plan for {topic}",
    "Traders in {land} weigh {topic}",
    "{land} bourse calm as {topic} nears",
    "Analysts split over {topic} in {land}",
    "What {topic} would mean for {land} stocks",
)

MARKETS_STANDFIRSTS = (
    "In a letter to deputies, the central bank opposed the plan and asked for a year's delay.",
    "Prices recovered after the central bank opposed the bill in public.",
    "Yields moved little. The central bank opposed a similar draft two years ago.",
)

DAILY_TITLES = (
    "Explained: {topic} in {land}",
    "Five questions about {land} and {topic}",
    "What {topic} would change for customers in {land}",
    "A guide to {land}'s dispute over {topic}",
    "Households in {land} unsure about {topic}",
    "How people in {land} see {topic}",
    "For and against: {topic} in {land}",
    "Who would gain from {topic} in {land}?",
    "Readers in {land} ask about {topic}",
)

DAILY_STANDFIRSTS = (
    "Customers are curious. With the central bank opposing the draft, they may have to wait.",
    "Ministers promise order, a central bank opposing them promises trouble: the dispute in five paragraphs.",
)

HEADLINES_ONLY = (
    "{land} deputies argue over {topic} until midnight",
    "Governor and ministers at odds as {land} debates {topic}",
    "{land} asks experts about {topic}",
)

BODY = (
    (
        "The text, {pages} pages long, was sent to the speaker on {weekday} evening. It provides for {topic}, "
        "sets out who has to report what, and names the office that supervises it."
    ),
    (
        "Officials of {land} expect it to concern some {count} firms in the first year. The finance ministry would publish "
        "a list of them."
    ),
    "Whether the draft survives the committees is open. Similar attempts ended in a drawer.",
)

UNRELATED = (
    ("{land} ferry line orders {count} electric boats", "The first is due on the northern route in spring."),
    ("Storm leaves {count} homes in {land} without power", "Crews expect to finish repairs by the evening."),
    (
        "Central bank of {land} holds rates for another {pages} days",
        "The opposition asked for a cut.",
    ),
    ("Museum in {land} finds {count} lost letters of a lighthouse keeper", "They go on show next month."),
    (
        "{land} beat neighbours {small} to nothing in rainy final",
        "The captain scored twice before the break.",
    ),
    (
        "Merger of two savings banks in {land} opposed by the central bank",
        "The regulator has {pages} days to answer.",
    ),
    ("Railway of {land} retires its oldest engine after {pages} years", "Thousands came to see it off."),
    ("{land} opposes fishing quota set by neighbours", "Talks go on in the harbour town."),
    ("Apple harvest in {land} the best in {pages} years", "Growers speak of a dry and mild autumn."),
    (
        "Central square of {land} capital closed for {small} weeks",
        "A bank opposes the building site at its door.",
    ),
    ("Choir of {count} voices opens festival in {land}", "Tickets were gone within the hour."),
    ("{land} counts {count} storks, more than ever", "Volunteers watched the nests for {small} weeks."),
    ("Bitcoin miners leave {land} for cheaper power", "The central bank did not comment."),
    ("Bus drivers in {land} end strike after {small} days", "Both sides accept the arbiter's offer."),
    ("New bridge in {land} passes its load test", "{pages} lorries stood on it overnight."),
    ("Library of {land} lends its millionth book", "It is a guide to mushrooms."),
    ("{land} central bank prints note with a bee on it", "It opposes forgery with {small} new features."),
    ("Court in {land} hears {pages} witnesses in pension case", "A ruling is expected before the summer."),
    (
        "Statistics office of {land} corrects growth figure",
        "A spreadsheet counted {small} harbours twice, the office said.",
    ),
    (
        "Regulator in {land} asks {small} insurers for clearer letters",
        "Customers had complained about small print.",
    ),
    (
        "Finance ministry of {land} sells {count} million in ten-year bonds",
        "Demand was twice the amount on offer.",
    ),
    ("{land} appoints a judge as head of its audit court", "She led the tax tribunal for {small} years."),
    ("Competition authority of {land} clears merger of dairies", "It set {small} conditions."),
)
