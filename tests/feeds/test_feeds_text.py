import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.feeds.text import cut, html_to_text, one_line, plain_to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("central <b>bank</b> opp<i>oses</i>", "central bank opposes"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>still one<br/><br />two", "One still one\n\ntwo"),
        ("<ul><li>a<li>b</ul>", "a\n\nb"),
        ("<td>x</td><td>y</td>", "x\n\ny"),
        ("a<script>if (1 < 2) alert('</p>')</script>b", "a\n\nb"),
        ("<STYLE>p {}</STYLE >seen", "seen"),
        ("seen <!-- <p>hidden</p> --> too", "seen too"),
        ("open <!-- comment stays text", "open comment stays text"),
        ("a < b and c > d", "a < b and c > d"),
        ("List<String> of", "List<String> of"),
        ("<o:p>office</o:p> <my-tag>x</my-tag>", "office x"),
        ('<a title="1 > 0" href=x>link</a> after', "link after"),
        ('<a href="it\'s">quote</a> fine', "quote fine"),
        ("AT&amp;amp;T &amp;#8217;s", "AT&T ’s"),
        ("&lt;p&gt;escaped&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "escaped\n\ntwice"),
        ("x&nbsp;y\t\r\n z", "x y z"),
        ("first paragraph\n\nsecond paragraph", "first paragraph\n\nsecond paragraph"),
        ("<pre>one\n\nblock</pre>", "one block"),
        ("<![CDATA[stray]]> end", "stray]]> end"),
        ("<img src=x onerror=alert(1)>caption", "caption"),
        ("kept \u202eevil\u202c \u200bzero", "kept \u202eevil\u202c \u200bzero"),
        ("a\x00b\x07c\ud800", "abc\ufffd"),
        ("unclosed <a href=", "unclosed <a href="),
        ("", ""),
    ],
)
def test_html_to_text_shows_what_a_reader_sees(markup, text):
    assert html_to_text(markup) == text


def test_plain_text_keeps_angle_brackets_and_splits_at_blank_lines():
    assert plain_to_text("List<b> of\nlines\r\n\r\nnext &amp; last") == "List<b> of lines\n\nnext & last"


@given(st.text(alphabet="<>/!-&;ab p\"'=\n\x01", max_size=200))
def test_html_to_text_of_any_soup_is_collapsed_text(soup):
    text = html_to_text(soup)
    assert text == text.strip()
    assert all(block == " ".join(block.split()) for block in text.split("\n\n"))
    assert not any(character < " " and character != "\n" for character in text)


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        '<a "',
        "<",
        "<a ",
        "<script>",
        "</script",
        "&#",
        "&amp",
        "<b='",
        "<!",
        "<br>",
        "<p x='>",
        "&lt;p&gt;",
    ],
)
def test_html_to_text_takes_linear_time_for_hostile_markup(piece):
    soup = piece * (400_000 // len(piece))
    began = time.process_time()
    html_to_text(soup)
    assert time.process_time() - began < 2.0


def test_cut_ends_at_a_word():
    assert cut("alpha beta gamma", 12) == "alpha beta"
    assert cut("alpha beta gamma", 10) == "alpha beta"
    assert cut("short", 10) == "short"


def test_cut_of_one_endless_word_keeps_most_of_it():
    assert cut("x" * 50, 20) == "x" * 20


def test_one_line_has_no_controls_and_no_surrogates():
    assert one_line(" a\n\tb\x00\udcff ") == "a b\ufffd"
