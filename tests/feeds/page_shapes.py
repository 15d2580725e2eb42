"""Invented pages in the forms that publishers use, each with the items that a reader sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import escape

URL = "https://www.bank.example/en/press/index.html"
HOST = "https://www.bank.example"
NOW = datetime(2026, 11, 26, 15, 30, tzinfo=timezone.utc)
EN = (
    "Central bank opposes the legalisation of mining",
    "Statement on the key rate after the November meeting",
    "Regulator fines two lenders for late reports",
    "New rules for payment services come into force",
    "Governor speaks about digital money in Riga",
    "Quarterly bulletin on financial stability published",
    "Consultation on capital buffers opens today",
    "Licence of a small savings bank withdrawn",
    "Minutes of the committee's October meeting",
    "Deputy governor appointed for a second term",
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class One:
    """An item that is written into a page, and what must be read from it."""

    title: str
    path: str
    day: datetime

    @property
    def link(self) -> str:
        return HOST + self.path


@dataclass(frozen=True)
class Shape:
    """A page's main part. `dated` says whether its items have dates."""

    make: Callable[[Sequence[One]], str]
    titles: tuple[str, ...] = EN
    dated: bool = True
    linked: bool = True
    step: int = 3
    lang: str = "en"
    head: Callable[[Sequence[One]], str] = lambda _: ""

    def items(self) -> list[One]:
        return [
            One(title, f"/en/press/2026-{n:02}-item", datetime(2026, 11, 24, tzinfo=timezone.utc) - timedelta(days=self.step * n))
            for n, title in enumerate(self.titles)
        ]  # fmt: skip

    def main(self) -> str:
        return self.make(self.items())


def each(template: Callable[[One], str], around: str = "%s") -> Callable[[Sequence[One]], str]:
    return lambda items: around % "".join(template(one) for one in items)


def d(one: One, form: str) -> str:
    return f"{one.day:{form}}"


TEXT = "What the board decided about it, in a sentence that is long enough to be read."


def _year_rows(items: Sequence[One]) -> str:
    found, year = [], 0
    for one in items:
        if one.day.year != year:
            year = one.day.year
            found.append(f"<tr class='year'><th colspan=2>{year}</th></tr>")
        found.append(f"<tr><td>{d(one, '%d %B')}</td><td><a href='{one.path}'>{one.title}</a></td></tr>")
    return f"<table>{''.join(found)}</table>"


def _accordion(items: Sequence[One]) -> str:
    years = list(dict.fromkeys(one.day.year for one in items))
    return "<div class='accordion'>" + "".join(
        f"<div class='card'><h2 class='card-header'><button>{year}</button></h2><div class='collapse'><ul>"
        + "".join(f"<li>{d(o, '%d %b')}: <a href='{o.path}'>{o.title}</a></li>" for o in items if o.day.year == year)
        + "</ul></div></div>"
        for year in years
    ) + "</div>"  # fmt: skip


def _months_above(items: Sequence[One]) -> str:
    months = list(dict.fromkeys((one.day.year, one.day.month) for one in items))
    return "".join(
        f"<h3>{MONTHS[month - 1]} {year}</h3><ul>"
        + "".join(
            f"<li><b>{o.day.day}</b> <a href='{o.path}'>{o.title}</a></li>" for o in items if (o.day.year, o.day.month) == (year, month)
        )
        + "</ul>"
        for year, month in months
    )  # fmt: skip


def _featured(items: Sequence[One]) -> str:
    first, *rest = items
    return (
        f"<div class='hero'><img src='/big.jpg'><h2><a href='{first.path}'>{first.title}</a></h2><time datetime='{d(first, '%Y-%m-%d')}'>"
        f"{d(first, '%d %B %Y')}</time><p>{TEXT}</p></div><div class='rest'>"
        + "".join(
            f"<div class='teaser'><h3><a href='{o.path}'>{o.title}</a></h3><time datetime='{d(o, '%Y-%m-%d')}'>{d(o, '%d %B %Y')}</time></div>"
            for o in rest
        )
        + "</div>"
    )


def _with_ads(items: Sequence[One]) -> str:
    rows = [
        f"<div class='row item'><h3><a href='{o.path}'>{o.title}</a></h3><span>{d(o, '%d %B %Y')}</span></div>"
        for o in items
    ]
    for at in (7, 4, 2):
        rows.insert(at, "<div class='row ad'><a href='https://ads.example/x'><img src='/a.png'></a></div>")
    return "<div>" + "".join(rows) + "</div>"


def _flat_pairs(items: Sequence[One]) -> str:
    return "<div class='text'>" + "".join(
        f"<h3><a href='{o.path}'>{o.title}</a></h3><p class='d'>{d(o, '%d.%m.%Y')}</p><p>{TEXT}</p>" for o in items
    ) + "</div>"  # fmt: skip


def _ld(items: Sequence[One], kind: str) -> str:
    if kind == "itemlist":
        data: object = {
            "@context": "https://schema.org",
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": n, "url": o.link, "name": o.title}
                for n, o in enumerate(items)
            ],
        }
    elif kind == "itemlist of items":
        data = {
            "@type": "CollectionPage",
            "mainEntity": {
                "@type": "ItemList",
                "itemListElement": [
                    {
                        "@type": "ListItem",
                        "item": {
                            "@type": "NewsArticle",
                            "@id": o.link,
                            "headline": o.title,
                            "datePublished": o.day.isoformat(),
                        },
                    }
                    for o in items
                ],
            },
        }
    elif kind == "graph":
        data = {
            "@graph": [
                {"@type": "WebSite", "name": "Bank", "url": HOST},
                {
                    "@type": "BreadcrumbList",
                    "itemListElement": [{"@type": "ListItem", "name": "Press", "item": HOST}],
                },
                *(
                    {
                        "@type": ["NewsArticle"],
                        "headline": o.title,
                        "url": o.path,
                        "datePublished": o.day.isoformat(),
                    }
                    for o in items
                ),
            ]
        }
    else:
        data = [
            {
                "@type": "BlogPosting",
                "headline": o.title,
                "mainEntityOfPage": {"@id": o.link},
                "datePublished": d(o, "%Y-%m-%d"),
            }
            for o in items
        ]
    return f"<script type='application/ld+json'>{json.dumps(data)}</script>"


def _ago(one: One) -> str:
    hours = int((NOW - one.day).total_seconds() // 3600)
    return f"{hours} hours ago" if hours < 24 else f"{hours // 24} days ago"


SHAPES: dict[str, Shape] = {
    "bootstrap cards": Shape(
        each(
            lambda o: f"<div class='col-md-4 mb-3'><div class='card h-100'><a href='{o.path}'><img class='card-img-top' src='/i.jpg' alt=''></a>"
            f"<div class='card-body'><h5 class='card-title'><a href='{o.path}'>{o.title}</a></h5><p class='card-text'>{TEXT}</p>"
            f"<small class='text-muted'>{d(o, '%d %B %Y')}</small></div></div></div>",
            "<div class='row'>%s</div>",
        )
    ),
    "table with title beside the link": Shape(
        each(
            lambda o: f"<tr><td>{d(o, '%d/%m/%Y')}</td><td>{o.title}</td><td><a href='{o.path}'>Download (PDF)</a></td></tr>",
            "<table><thead><tr><th>Date</th><th>Title</th><th></th></tr></thead><tbody>%s</tbody></table>",
        )
    ),
    "table with year rows": Shape(_year_rows, step=40),
    "definition list, title first": Shape(
        each(lambda o: f"<dt><a href='{o.path}'>{o.title}</a></dt><dd>{d(o, '%d %B %Y')}</dd><dd>{TEXT}</dd>", "<dl>%s</dl>")
    ),
    "date before the link": Shape(
        each(lambda o: f"<li>{d(o, '%d.%m.%Y')} – <a href='{o.path}'>{o.title}</a></li>", "<ul>%s</ul>")
    ),
    "date in brackets after the link": Shape(
        each(lambda o: f"<li><a href='{o.path}'>{o.title}</a> ({d(o, '%d/%m/%Y')})</li>", "<ol>%s</ol>")
    ),
    "block links": Shape(
        each(
            lambda o: f"<a class='item' href='{o.path}'><span class='date'>{d(o, '%b %d, %Y')}</span><h3>{o.title}</h3><p>{TEXT}</p></a>",
            "<div class='list'>%s</div>",
        )
    ),
    "flat headings and paragraphs": Shape(_flat_pairs),
    "paragraphs with bold dates": Shape(
        each(lambda o: f"<p><strong>{d(o, '%d %B %Y')}</strong><br><a href='{o.path}'>{o.title}</a></p>", "<div>%s</div>")
    ),
    "links and line breaks": Shape(
        each(lambda o: f"<a href='{o.path}'>{o.title}</a> {d(o, '%d %B %Y')}<br>", "<div class='x'>%s</div>")
    ),
    "microdata": Shape(
        each(
            lambda o: f"<div itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop='datePublished' content='{d(o, '%Y-%m-%d')}'>"
            f"<a itemprop='url' href='{o.path}'><span itemprop='headline'>{o.title}</span></a></div>",
            "<section>%s</section>",
        )
    ),
    "time in unix seconds": Shape(
        each(lambda o: f"<article><h2><a href='{o.path}'>{o.title}</a></h2><time datetime='{int(o.day.timestamp())}'>Today</time></article>")
    ),
    "time element without attribute": Shape(
        each(lambda o: f"<article><time>{d(o, '%d %b %Y')}</time><h2><a href='{o.path}'>{o.title}</a></h2></article>")
    ),
    "day, month and year in boxes": Shape(
        each(
            lambda o: f"<li class='n'><div class='cal'><span class='day'>{o.day.day}</span><span class='mon'>{d(o, '%b')}</span>"
            f"<span class='yr'>{o.day.year}</span></div><div class='c'><a href='{o.path}'>{o.title}</a></div></li>",
            "<ul>%s</ul>",
        )
    ),
    "day and month in blocks": Shape(
        each(
            lambda o: f"<div class='n'><div class='cal'><div>{o.day.day}</div><div>{d(o, '%B %Y')}</div></div><h4><a href='{o.path}'>{o.title}</a></h4></div>"
        )
    ),
    "months above": Shape(_months_above, step=9),
    "accordion of years": Shape(_accordion, step=60),
    "data-date": Shape(
        each(lambda o: f"<li data-date='{d(o, '%Y-%m-%d')}'><a href='{o.path}'>{o.title}</a></li>", "<ul class='docs'>%s</ul>")
    ),
    "title attribute holds the date": Shape(
        each(lambda o: f"<li><a href='{o.path}'>{o.title}</a> <abbr title='{d(o, '%Y-%m-%dT00:00:00Z')}'>recently</abbr></li>", "<ul>%s</ul>")
    ),
    "dates in links": Shape(
        lambda items: "<ul>" + "".join(f"<li><a href='{d(o, '/%Y/%m/%d')}{o.path}'>{o.title}</a></li>" for o in items) + "</ul>"
    ),
    "dates in file names": Shape(
        lambda items: "<ul>" + "".join(f"<li><a href='/files/pr{d(o, '%Y%m%d')}.pdf'>{o.title}</a></li>" for o in items) + "</ul>"
    ),
    "data-href": Shape(
        each(lambda o: f"<div class='tile' data-href='{o.path}'><h3>{o.title}</h3><span>{d(o, '%d %B %Y')}</span></div>", "<div>%s</div>")
    ),
    "javascript links with a data-url": Shape(
        each(
            lambda o: f"<li><a href='javascript:void(0)' data-url='{o.path}'>{o.title}</a> <i>{d(o, '%d %B %Y')}</i></li>", "<ul>%s</ul>"
        )
    ),
    "rows that scripts open": Shape(
        each(
            lambda o: f"""<tr onclick="window.location.href='{o.path}'"><td>{d(o, '%d.%m.%Y')}</td><td>{o.title}</td></tr>""",
            "<table>%s</table>",
        )
    ),
    "links that open a window": Shape(
        each(
            lambda o: f"""<li><a href="javascript:openDoc('{o.path}')">{o.title}</a> {d(o, '%d.%m.%Y')}</li>""", "<ul>%s</ul>"
        )
    ),
    "category and author before the title": Shape(
        each(
            lambda o: f"<div class='post'><a href='/c/press' class='cat'>Press</a> <a href='/a/jo'>By Jo Smith</a><h3><a href='{o.path}'>{o.title}</a></h3>"
            f"<span>{d(o, '%d %B %Y')}</span><div class='tags'><a href='/t/a'>rates</a> <a href='/t/b'>banks</a></div></div>",
            "<div>%s</div>",
        )
    ),
    "title and a link to read more": Shape(
        each(lambda o: f"<div class='entry'><h4>{o.title}</h4><em>{d(o, '%d %B %Y')}</em><p>{TEXT}</p><a href='{o.path}'>Read more</a></div>")
    ),
    "links for languages": Shape(
        each(
            lambda o: f"<tr><td>{d(o, '%Y-%m-%d')}</td><td><a href='{o.path}'>{o.title}</a></td><td><a href='{o.path}.fr'>FR</a></td>"
            f"<td><a href='{o.path}.de'>DE</a></td></tr>",
            "<table>%s</table>",
        )
    ),
    "tables in tables": Shape(
        each(
            lambda o: f"<tr><td><table><tr><td><font size=1>{d(o, '%m/%d/%Y')}</font></td></tr><tr><td><font><b><a href='{o.path}'>{o.title}</a></b></font>"
            "</td></tr></table></td></tr>",
            "<table width=600><tr><td><table>%s</table></td></tr></table>",
        )
    ),
    "a featured item first": Shape(_featured),
    "advertisements between": Shape(_with_ads),
    "drupal views": Shape(
        each(
            lambda o: f"<div class='views-row views-row-odd'><div class='views-field views-field-created'><span class='field-content'>"
            f"{d(o, '%B %d, %Y')}</span></div><div class='views-field views-field-title'><span class='field-content'><a href='{o.path}'>"
            f"{o.title}</a></span></div></div>",
            "<div class='view-content'>%s</div>",
        )
    ),
    "utility classes": Shape(
        each(
            lambda o: f"<li class='flex flex-col gap-4 py-6 md:flex-row'><div class='w-32 text-sm text-gray-500'>{d(o, '%d %b %Y')}</div>"
            f"<div class='flex-1'><a class='text-lg font-bold hover:underline' href='{o.path}'>{o.title}</a></div></li>",
            "<ul class='divide-y'>%s</ul>",
        )
    ),
    "generated classes": Shape(
        lambda items: "<div class='css-1a2b3c'>"
        + "".join(
            f"<div class='css-{n}x9k'><a class='css-{n}q7' href='{o.path}'><h3>{o.title}</h3></a><p class='css-zz{n}'>{d(o, '%d %B %Y')}</p></div>"
            for n, o in enumerate(items)
        )
        + "</div>"
    ),
    "own elements": Shape(
        each(lambda o: f"<news-item><a href='{o.path}'>{o.title}</a><news-date>{d(o, '%d %B %Y')}</news-date></news-item>", "<news-list>%s</news-list>")
    ),
    "link without quotes and upper case": Shape(
        each(lambda o: f"<LI><A HREF={o.path}>{o.title}</A> <I>{d(o, '%d %B %Y')}</I>", "<UL>%s</UL>")
    ),
    "pdf with its size": Shape(
        each(
            lambda o: f"<li class='file'><a href='{o.path}'>{o.title}</a> <span class='meta'>PDF, 120 KB</span> <span class='meta'>{d(o, '%d.%m.%Y')}</span></li>",
            "<ul>%s</ul>",
        )
    ),
    "only links": Shape(each(lambda o: f"<li><a href='{o.path}'>{o.title}</a></li>", "<ul>%s</ul>"), dated=False),
    "relative times": Shape(
        each(lambda o: f"<div class='s'><h3><a href='{o.path}'>{o.title}</a></h3><span class='t'>{_ago(o)}</span></div>"), step=1
    ),
    "json-ld dates": Shape(
        each(lambda o: f"<li><a href='{o.path}'>{o.title}</a></li>", "<ul>%s</ul>"), head=lambda items: _ld(items, "graph")
    ),
    "only json-ld, list of items": Shape(lambda _: "<div id='app'></div>", head=lambda items: _ld(items, "itemlist of items")),
    "only json-ld, list of urls": Shape(
        lambda _: "<div id='root'></div>", head=lambda items: _ld(items, "itemlist"), dated=False
    ),
    "only json-ld, graph": Shape(lambda _: "<div id='root'></div>", head=lambda items: _ld(items, "graph")),
    "only json-ld, array": Shape(lambda _: "<div id='root'></div>", head=lambda items: _ld(items, "array")),
    "only data for scripts": Shape(
        lambda items: "<div id='__next'></div><script id='__NEXT_DATA__' type='application/json'>"
        + json.dumps(
            {
                "props": {
                    "menu": [{"label": f"Menu {n}", "href": f"/m/{n}"} for n in range(20)],
                    "pageProps": {"articles": [{"title": o.title, "url": o.path, "date": o.day.isoformat()} for o in items]},
                }
            }
        )
        + "</script>"
    ),
    "arabic": Shape(
        each(lambda o: f"<div class='news'><a href='{o.path}'>{o.title}</a><span>{o.day.day} نوفمبر {o.day.year}</span></div>"),
        titles=(
            "البنك المركزي يعارض تقنين التعدين",
            "بيان حول سعر الفائدة بعد اجتماع نوفمبر",
            "الهيئة تغرم مصرفين بسبب تأخر التقارير",
            "قواعد جديدة لخدمات الدفع تدخل حيز التنفيذ",
            "المحافظ يتحدث عن النقود الرقمية في ريغا",
        ),
        lang="ar",
    ),
    "japanese": Shape(
        each(
            lambda o: f"<dt>令和{o.day.year - 2018}年{o.day.month}月{o.day.day}日</dt><dd><a href='{o.path}'>{o.title}</a></dd>", "<dl>%s</dl>"
        ),
        titles=("中央銀行は暗号資産の採掘に反対", "十一月会合後の政策金利に関する声明", "監督当局が二社に課徴金を命令", "決済サービスの新規則が施行", "総裁が電子通貨について講演"),
        lang="ja",
    ),
    "korean board": Shape(
        lambda items: "<table class='board'><tr><th>번호</th><th>제목</th><th>부서</th><th>등록일</th><th>조회</th></tr>"
        + "".join(
            f"<tr><td>{500 - n}</td><td class='l'><a href='{o.path}'>{o.title}</a></td><td>금융정책과</td><td>{d(o, '%Y.%m.%d')}</td><td>{1200 + 7 * n}</td></tr>"
            for n, o in enumerate(items)
        )
        + "</table>",
        titles=("중앙은행 가상자산 채굴 합법화 반대", "십일월 회의 이후 기준금리 성명", "금융당국 보고 지연 은행 두 곳 제재", "지급결제 서비스 새 규정 시행", "총재 디지털화폐 강연"),
        lang="ko",
    ),
    "chinese": Shape(
        each(lambda o: f"<li><span>[{d(o, '%Y-%m-%d')}]</span><a href='{o.path}' target='_blank'>{o.title}</a></li>", "<ul class='list'>%s</ul>"),
        titles=("央行反对挖矿合法化", "十一月会议后关于关键利率的声明", "监管机构对两家银行处以罚款", "支付服务新规开始生效", "行长在里加谈数字货币"),
        lang="zh",
    ),
    "russian": Shape(
        each(lambda o: f"<div class='news_item'><div class='date'>{o.day.day} ноября {o.day.year} г.</div><a href='{o.path}'>{o.title}</a></div>"),
        titles=(
            "Центральный банк против легализации майнинга",
            "Заявление о ключевой ставке по итогам заседания",
            "Регулятор оштрафовал два банка за отчётность",
            "Вступили в силу правила для платёжных услуг",
            "Председатель выступила с речью о цифровых деньгах",
        ),
        lang="ru",
    ),
    "greek": Shape(
        each(lambda o: f"<li><span>{o.day.day} Νοεμβρίου {o.day.year}</span> <a href='{o.path}'>{o.title}</a></li>", "<ul>%s</ul>"),
        titles=("Η κεντρική τράπεζα αντιτίθεται στην εξόρυξη", "Δήλωση για το βασικό επιτόκιο μετά τη συνεδρίαση", "Πρόστιμα σε δύο τράπεζες για καθυστερήσεις", "Νέοι κανόνες για τις πληρωμές"),
        lang="el",
    ),
    "hebrew": Shape(
        each(lambda o: f"<li><a href='{o.path}'>{o.title}</a> <time datetime='{d(o, '%Y-%m-%d')}'>{d(o, '%d.%m.%y')}</time></li>", "<ul>%s</ul>"),
        titles=("הבנק המרכזי מתנגד לכרייה", "הודעה על הריבית לאחר הישיבה", "הרגולטור קנס שני בנקים", "כללים חדשים לשירותי תשלום"),
        lang="he",
    ),
    "vietnamese": Shape(
        each(lambda o: f"<div class='tin'><h3><a href='{o.path}'>{o.title}</a></h3><p>{d(o, '%d/%m/%Y')} 00:00</p></div>"),
        titles=("Ngân hàng trung ương phản đối việc hợp pháp hóa", "Tuyên bố về lãi suất sau cuộc họp tháng mười một", "Cơ quan quản lý phạt hai ngân hàng", "Quy định mới về dịch vụ thanh toán có hiệu lực"),
        lang="vi",
    ),
    "german": Shape(
        each(lambda o: f"<article class='c-teaser'><p class='c-teaser__date'>{o.day.day}. November {o.day.year}</p><h3><a href='{o.path}'>{o.title}</a></h3></article>"),
        titles=("Zentralbank gegen die Legalisierung des Schürfens", "Erklärung zum Leitzins nach der Sitzung im November", "Aufsicht verhängt Bußgelder gegen zwei Banken", "Neue Regeln für Zahlungsdienste in Kraft"),
        lang="de",
    ),
    "many items": Shape(
        each(lambda o: f"<li><span class='when'>{d(o, '%d.%m.%Y')}</span><a href='{o.path}'>{o.title}</a></li>", "<ul>%s</ul>"),
        titles=tuple(f"{title} (no. {n})" for n in range(30) for title in EN),
        step=1,
    ),
    "three items": Shape(
        each(lambda o: f"<div class='pr'><h3><a href='{o.path}'>{o.title}</a></h3><p>{d(o, '%d %B %Y')}</p></div>"), titles=EN[:3]
    ),
    "one title for all": Shape(
        each(lambda o: f"<tr><td>{d(o, '%d %B %Y')}</td><td><a href='{o.path}'>{o.title}</a></td></tr>", "<table>%s</table>"),
        titles=("Minutes of the monetary policy committee",) * 9,
    ),
    "messages of a channel": Shape(
        each(
            lambda o: f"<div class='tgme_widget_message_wrap js-widget_message_wrap'><div class='tgme_widget_message' data-post='bank/{o.path[-8:]}'>"
            f"<div class='tgme_widget_message_bubble'><div class='tgme_widget_message_author'><a href='https://t.me/bank'><span>Bank</span></a></div>"
            f"<div class='tgme_widget_message_text'>{o.title}</div><div class='tgme_widget_message_footer'><span class='views'>1.2K</span>"
            f"<a class='tgme_widget_message_date' href='{o.path}'><time datetime='{o.day.isoformat()}'>10:00</time></a></div></div></div></div>",
            "<section class='tgme_channel_history'>%s</section>",
        )
    ),
}  # fmt: skip


def _links(words: Sequence[str]) -> str:
    return "".join(f"<li><a href='/{word.lower().replace(' ', '-')}'>{word}</a></li>" for word in words)


MENU = ("About us", "Monetary policy", "Financial stability", "Statistics", "Press", "Careers", "Contact")
MEGA = tuple(f"{first} {second}" for first in ("Rates", "Reports", "Surveys", "Rules", "Markets") for second in ("overview", "archive", "data", "methods", "questions and answers", "for experts"))  # fmt: skip


def plain(main: str, lang: str, head: str) -> str:
    return f"<html lang='{lang}'><head><title>Press</title>{head}</head><body><h1>Press releases</h1>{main}</body></html>"


def usual(main: str, lang: str, head: str) -> str:
    return (
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'><title>Press</title>{head}</head><body><header><nav><ul>{_links(MENU)}"
        f"</ul></nav></header><main id='main'><h1>Press releases</h1>{main}<ul class='pagination'><li><a href='?p=1'>1</a></li><li>"
        f"<a href='?p=2'>2</a></li><li><a href='?p=3'>3</a></li></ul></main><footer><ul>{_links(MENU)}{_links(MEGA[:12])}</ul>"
        "<p>© 2026 The Bank. All rights reserved.</p></footer></body></html>"
    )


def crowded(main: str, lang: str, head: str) -> str:
    """Wrappers whose names say nothing, a large menu, a box of popular reports, a notice about cookies."""
    popular = "".join(
        f"<li><a href='/popular/{n}'>Frequently read report number {word}</a></li>"
        for n, word in enumerate(
            ("one on rates", "two on banks", "three on money", "four on markets", "five on rules")
        )
    )
    return (
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'><title>Press</title>{head}</head><body><div class='w1'><div class='top'><ul>{_links(MENU)}</ul>"
        f"<div class='mega-menu'><ul>{_links(MEGA)}</ul></div></div><div class='w2'><div class='w3'><h1>News</h1><p>Updated on 3 November 2026</p>{main}</div>"
        f"<div class='right'><h4>Most read</h4><ul>{popular}</ul><h4>Services</h4><ul>{_links(MENU)}</ul></div></div>"
        f"<div class='cookie-box'>We use cookies. <a href='/privacy'>Read our privacy notice and choose</a></div>"
        f"<div class='bottom'><ul>{_links(MEGA[:9])}</ul></div></div></body></html>"
    )


FRAMES = {"plain": plain, "usual": usual, "crowded": crowded}

NO_LISTS: dict[str, str] = {
    "contact": f"<p>Write to us.</p><form><input name=a><button>Send</button></form><address>{escape('1 Bank Street')}</address>",
    "not found": "<h2>404</h2><p>The page that you asked for was not found. Go to the <a href='/'>front page</a>.</p>",
    "maintenance": "<h2>We are working on the site</h2><p>Please come back in an hour.</p>",
    "article": "<p>" + "The board of the bank decided that it opposes the measure that ministries had proposed. " * 12 + "</p>"
    + "<p>" + "The decision takes effect at once, the bank said in a statement on its pages. " * 12 + "</p><h4>More</h4><ul>"
    + "".join(f"<li><a href='/x/{n}'>{title}</a></li>" for n, title in enumerate(EN[:4])) + "</ul>",
    "questions": "".join(f"<h3>Question {n}: what does the bank do?</h3><p>{TEXT} {TEXT} {TEXT}</p>" for n in range(8)),
}  # fmt: skip
