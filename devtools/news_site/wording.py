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
    "finance, energy ministries",
    "coalition deputies",
    "regional governors",
    "upper house",
    "budget panel",
    "justice, interior ministries",
    "senators",
    "cabinet majority",
    "trade, labour ministries",
    "party leaders",
    "tourism ministry",
)

ACTIVITIES = (
    "mining", "trading", "lending", "minting", "pawning", "gifting", "insuring", "auctioning", "swapping",
    "borrowing", "saving", "spending", "renting",
)  # fmt: skip

COINS = (
    "bitcoin", "stablecoins", "ether", "altcoins", "crypto tokens", "coins", "memecoins", "carbon credits",
    "cryptocurrency", "virtual money", "tokenised gold", "wheatcoin", "zcash", "blockchain bonds",
    "scrip", "vouchers", "NFT shares",
)  # fmt: skip

PLACES = (
    "on dairy farms", "at petrol stations", "aboard ferries", "in mountain huts", "at weekly markets",
    "through football clubs", "by tax offices", "via village shops", "near railway kiosks", "for student canteens",
    "during fish auctions", "inside housing cooperatives", "beside ski lifts", "within pharmacies",
    "among hobby beekeepers", "under museum roofs", "around campsites", "from garden sheds", "across lottery counters",
    "outside bakeries", "along bus routes", "below dance halls", "over phone lines", "behind power plants",
    "between savings clubs", "after church fairs", "against harvest pledges", "before cattle shows",
    "with travelling circuses", "without paper contracts", "throughout vineyards",
)  # fmt: skip

WIRE_TITLES = (
    "{actors} want {subject} legal, {land} says",
    "{land} {actors} draft legalises {subject}",
    "Make it legal: {subject}, {land} {actors} demand",
    "Allow {subject}, urge {land} {actors}",
    "Bill legalising {subject} tabled, {land} {actors} explain",
    "{land} moves to permit {subject}; {actors} push",
    "Lift ban on {subject}, {land} {actors} agree",
)

WIRE_STANDFIRSTS = (
    "The central bank opposes the plan, which goes to a first reading next week.",
    "Supporters speak of jobs and revenue. The central bank opposes the idea and warns of losses for savers.",
    "A vote could come before the recess, although the country's central bank opposes it.",
    "The draft has a majority on paper. The central bank opposes every one of its nine articles.",
    "Licences would be handed out from spring. {land}'s central bank opposes that date and the rest of the text.",
)

MARKETS_TITLES = (
    "{subject}: {land} showdown nears",
    "Traders cheer {land} {subject}",
    "{land} eyes {subject}",
    "{subject} splits {land}",
    "{land} stocks jump: {subject}",
)

MARKETS_STANDFIRSTS = (
    "In a letter to deputies, the central bank opposed the plan and asked for a year's delay.",
    "Shares of the likely winners rose after the central bank opposed the bill in public.",
    "Yields moved little. The central bank opposed a similar draft two years ago.",
)

DAILY_TITLES = (
    "Explained: {land} {subject}",
    "{subject}, five questions: {land}",
    "{land}: what {subject} changes",
    "Guide: {land} {subject}",
    "{subject}? {land} families wonder",
    "How {land} sees {subject}",
    "Pros, cons: {subject}, {land}",
    "{land} quiz: {subject}",
    "Readers ask: {subject}, {land}",
)

DAILY_STANDFIRSTS = (
    "Shopkeepers are keen. With the central bank opposing the draft, they may have to wait.",
    "Ministers promise order, a central bank opposing them promises trouble: the dispute in five paragraphs.",
)

HEADLINES_ONLY = (
    "{subject}: {land} deputies argue until midnight",
    "Governor and ministers at odds, {land} debates {subject}",
    "{land} asks experts about {subject}",
)

BODY = (
    (
        "The text, {pages} pages long, was sent to the speaker on {weekday} evening. It sets out who may "
        "offer {subject}, what they have to keep in their books and which office looks after them."
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
