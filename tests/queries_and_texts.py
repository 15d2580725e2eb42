"""Generated queries, lists and texts in which they hit often, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from newswatch.rules import ItemText

WORDS = [
    "bank", "banks", "Bank's", "BANK", "central", "oppose", "opposes", "opposition", "does", "do", "SEC", "sec",
    "U.S.", "US", "us", "AT&T", "3.5", "don't", "legalise", "legalize", "ЦБ", "банк", "банка", "банком", "央",
    "行", "Inc", "20", "ﬁne", "fines", "Straße", "strasse", "ＳＥＣ", "Übung", "u\u0308bung", "не", "not", "😀", "co-chief",
]  # fmt: skip
LISTS = {
    "banks": ["central bank", "'SEC'", '"банка"', "央行"],
    "stance": ["oppose", "oppos*", "do not", "$legal", "co chie*", "do ~2 oppose", "'SEC' ~1 \"banks\""],
    "legal": ["legalise", "fine", "'US'"],
    "many": [f"{word} bank" for word in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]]
    + ["bank", "stra* bank", "oppo*", "central bank oppose", "bank ~3 fine", "oppo* ~2 lega*"],
}

words = st.sampled_from(WORDS)
plain = words.filter(lambda word: "😀" not in word)
separators = st.sampled_from(
    [
        " ",
        " ",
        " ",
        ", ",
        " - ",
        "\n",
        ". ",
        "\n\n",
        "\r\n\r\n",
        " \n \n",
        "… ",
        "! ",
        ".” ",
        "。",
        "\u00a0",
        "",
        "/",
    ]
)


@st.composite
def texts(draw):
    pieces = draw(st.lists(st.tuples(words, separators), max_size=9))
    return "".join(word + separator for word, separator in pieces)


pieces = st.one_of(
    plain,
    plain.map(lambda word: f'"{word}"'),
    plain.map(lambda word: f"'{word}'"),
    st.sampled_from(["oppo*", "stra*", "банк*"]),
)
gaps = st.sampled_from(["", " ~0", " ~1", " ~2", " ~4"])


@st.composite
def gapped(draw):
    first, *others = draw(st.lists(pieces, min_size=2, max_size=4))
    return first + "".join(f"{draw(gaps)} {piece}" for piece in others)


phrases = st.one_of(
    gapped(),
    st.lists(plain, min_size=1, max_size=3).map(" ".join),
    st.lists(plain, min_size=1, max_size=2).map(lambda parts: f'"{" ".join(parts)}"'),
    st.lists(plain, min_size=1, max_size=2).map(lambda parts: f"'{' '.join(parts)}'"),
    st.sampled_from(
        [
            "oppo*",
            "central bank*",
            "oppos* banks",
            "stra*",
            "lega* bank",
            "банк*",
            "bank oppo* do",
            "do not oppo* bank",
        ]
    ),
    st.sampled_from(["$banks", "$stance", "$legal", "$many"]),
)
fields = st.sampled_from(["title:", "summary:", "body:", "author:"])
operands = st.one_of(
    phrases, st.lists(phrases, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})")
)
tied = st.tuples(st.sampled_from(["^{}", "{}^", "^{}^"]), operands).map(lambda pair: pair[0].format(pair[1]))
links = st.sampled_from(["NEAR/0", "NEAR/2", "ONEAR/0", "ONEAR/1", "ONEAR/4", "NEAR/S", "ONEAR/S"])


@st.composite
def chains(draw, among=operands):
    sides = draw(st.lists(among, min_size=2, max_size=4))
    return sides[0] + "".join(f" {draw(links)} {side}" for side in sides[1:])


nears = st.one_of(
    chains(),
    chains(st.one_of(operands, tied)),
    chains(st.one_of(operands, chains().map(lambda near: f"({near})"))),
    chains().map(lambda near: f"^({near})"),
)
scoped = st.tuples(fields, st.one_of(phrases, nears.map(lambda near: f"({near})"))).map("".join)
others = st.sampled_from(["/b.nk/", "/(SEC|fi)\\w*/", "tag:policy", "source:ecb", "/банк/", "title:/^ban/"])
terms = st.one_of(phrases, tied, nears, scoped, others)


def combine(inner):
    bracketed = inner.map(lambda query: f"({query})")
    part = st.one_of(terms, bracketed)
    return st.one_of(
        st.lists(part, min_size=2, max_size=3).map(" AND ".join),
        st.lists(part, min_size=2, max_size=3).map(" OR ".join),
        st.tuples(part, part).map(" AND NOT ".join),
    )


queries = st.recursive(terms, combine, max_leaves=5)
items = st.builds(
    ItemText,
    title=texts(),
    summary=texts(),
    body=texts(),
    author=texts(),
    lang=st.sampled_from(["", "en", "ru", "de-CH", "zh", "xx"]),
    feed_id=st.sampled_from(["ecb", "other"]),
    feed_tags=st.sampled_from([(), ("policy",)]),
    tags=st.sampled_from([(), ("Policy",), ("x",)]),
)
