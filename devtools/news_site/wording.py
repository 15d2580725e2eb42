"""The words of the articles. All of it is fiction."""

from __future__ import annotations

# The numbers of entries below have no common divisor. So within two days of editions two leads share at
# most two of template, land, actors, activity, coin and place, and their titles are not similar. A
# test checks this.

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
    "budget experts",
    "justice officials",
    "senators",
    "cabinet members",
    "trade unions",
    "party leaders",
    "tourism officials",
)

ACTIVITIES = (
    "mining", "trading", "lending", "custody", "payments", "savings plans", "futures", "cash machines", "clearing",
    "bonds", "pensions", "insurance", "auctions",
)  # fmt: skip

COINS = (
    "bitcoin", "stablecoin", "ether", "altcoin", "crypto", "token", "digital-coin", "carbon-credit",
    "cryptocurrency", "e-money", "tokenised-gold", "wheatcoin", "zcash", "blockchain",
    "dogecoin", "solana", "NFT",
)  # fmt: skip

PLACES = (
    "on farms", "at petrol stations", "on ferries", "in border towns", "at open-air markets",
    "for football clubs", "in free ports", "for small shops", "at railway stations", "for students",
    "in fishing harbours", "for housing cooperatives", "in ski resorts", "at pharmacies",
    "for exporters", "in museums", "on campsites", "at post offices", "for the state lottery",
    "in bakeries", "on buses", "for nightclubs", "over the telephone", "at power plants",
    "for savings clubs", "in hospitals", "for grain dealers", "at cattle sales",
    "for the self-employed", "without a licence", "for wine growers",
)  # fmt: skip

WIRE_TITLES = (
    "{actors} in {land} want {subject} made legal",
    "{land}: draft law of {actors} allows {subject}",
    "Make {subject} legal, {actors} in {land} demand",
    "{land} should permit {subject}, say {actors}",
    "Bill to legalise {subject} tabled by {actors} of {land}",
    "{land} moves towards {subject} as {actors} press for a vote",
    "Lift the ban on {subject}, {land}'s {actors} urge",
)

WIRE_STANDFIRSTS = (
    "The central bank opposes the plan, which goes to a first reading next week.",
    "Supporters speak of jobs and revenue. The central bank opposes the idea and warns of losses for savers.",
    "A vote could come before the recess, although the country's central bank opposes it.",
    "The draft has a majority on paper. The central bank opposes every one of its nine articles.",
    "Licences would be granted from spring. {land}'s central bank opposes that date and the rest of the text.",
)

MARKETS_TITLES = (
    "Showdown over {subject} nears in {land}",
    "Traders in {land} cheer {subject}",
    "{land} shares rise on hopes for {subject}",
    "{land} bourse split over {subject}",
    "What {subject} would mean for {land} stocks",
)

MARKETS_STANDFIRSTS = (
    "In a letter to deputies, the central bank opposed the plan and asked for a year's delay.",
    "Shares of the likely winners rose after the central bank opposed the bill in public.",
    "Yields moved little. The central bank opposed a similar draft two years ago.",
)

DAILY_TITLES = (
    "Explained: {subject} in {land}",
    "Five questions about {land} and {subject}",
    "What {subject} would change in {land}",
    "A guide to {land}'s dispute over {subject}",
    "{land} families unsure about {subject}",
    "How people in {land} see {subject}",
    "For and against: {subject} in {land}",
    "Who would gain from {subject} in {land}?",
    "Readers in {land} ask about {subject}",
)

DAILY_STANDFIRSTS = (
    "Shopkeepers are keen. With the central bank opposing the draft, they may have to wait.",
    "Ministers promise order, a central bank opposing them promises trouble: the dispute in five paragraphs.",
)

HEADLINES_ONLY = (
    "{land} deputies argue over {subject} until midnight",
    "Governor and ministers at odds as {land} debates {subject}",
    "{land} asks experts about {subject}",
)

BODY = (
    (
        "The text, {pages} pages long, was sent to the speaker on {weekday} evening. It sets out who may "
        "offer {subject}, what they have to keep in their books and which office supervises them."
    ),
    (
        "Officials of {land} expect some {count} applications in the first year. Each would cost a fee, and "
        "the fee would go to the schools."
    ),
    "Whether the draft survives the committees is open. Similar attempts ended in a drawer.",
)

UNRELATED = (
    ("{land} ferry line orders {count} electric boats", "The first is due on the northern route in spring."),
    ("Storm leaves {count} homes in {land} without power", "Crews expect to finish repairs by the evening."),
    (
        "Central bank of {land} holds rates at {pages} basis points above last year",
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
)
