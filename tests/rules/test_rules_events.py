"""Events: each template and each guard with a sentence that has the event and one that has not."""

import pytest

from newswatch.models import Event, Rule
from newswatch.rules import ItemText, Watchlist, compile_watchlist

ALL = ("stated", "possible", "denied", "question")
BANK = Event(who=("$central_banks", "$governors"), does=("$opposes",))
STATES = Event(who=("$governments", "$international", "$leaders", "$nationalities"), does=("$sanctions",))
WATCHDOG = Event(who=("$regulators", "$central_banks"), does=("$fines", "$probes", "$sues", "$settles"))
EVENTS = {
    "bank": BANK,
    "sanctions": STATES,
    "watchdog": WATCHDOG,
    "bans": Event(who=("$regulators", "$central_banks"), does=("$bans",), what=("$crypto",)),
    "ban": Event(does=("$prohibits",), what=("$crypto",)),
    "down": Event(who=("$services", "$infrastructure"), does=("$fails",)),
    "words": Event(who=("SEC",), does=("sues",), what=("crypto exchange",)),
}


def compiled(modality=("stated", "possible")) -> Watchlist:
    rules = [Rule(name, event=event, modality=modality) for name, event in EVENTS.items()]
    return compile_watchlist(rules, {})


@pytest.fixture(scope="module")
def usual():
    return compiled()


@pytest.fixture(scope="module")
def every():
    return compiled(ALL)


def found(watchlist, rule, text, lang="en"):
    return next(
        (one for one in watchlist.match(ItemText(title=text, lang=lang)) if one.rule_id == rule), None
    )


@pytest.mark.parametrize(
    ("template", "rule", "text"),
    [
        ("active", "bans", "RBI bars banks from doing business with crypto firms"),
        ("active", "bank", "The central bank, whose governor spoke on Monday, came out against the levy"),
        ("active", "bank", "ECB warns banks against excessive use of risk-transfer deals"),
        ("active", "sanctions", "US sanctions Cuban president"),
        ("active", "sanctions", "EU sanctions Iran's interior minister"),
        ("active", "watchdog", "EU regulators hit Elon Musk's X with 120 million euro fine"),
        ("active", "watchdog", "EU opens antitrust probe into Red Bull"),
        ("active", "words", "SEC sues crypto exchange"),
        ("active", "words", "The SEC is suing a large crypto exchange"),
        (
            "second predicate",
            "sanctions",
            "Trump puts Moscow on notice over the war, slaps sanctions on oil firms",
        ),
        ("colon", "bank", "Bundesbank: we do not support the levy"),
        ("inverted", "bank", "Против законопроекта выступил Банк России"),
        ("passive", "bank", "The merger was opposed by the Bank of England"),
        ("passive", "watchdog", "Lender fined by the FCA over controls"),
        ("noun", "bank", "Stiff resistance from the Swiss National Bank sank the initiative"),
        ("noun", "bank", "Central bank opposition stalls bill"),
        ("noun", "sanctions", "EU agrees a new package of sanctions on shipping firms"),
        ("noun", "down", "Outage at payment network leaves shops without cards"),
        ("speaker", "bank", "“We do not support a ban on cash,” the Bundesbank wrote"),
        ("statement", "bank", "ECB's Lagarde: crypto assets are 'worth nothing'"),
        ("statement", "bank", "Bitcoin has no place in our reserves, Swiss National Bank says"),
        ("statement", "bank", "RBI deputy governor says crypto should be banned"),
        ("suffered", "sanctions", "Bank linked to Hezbollah hit with US sanctions"),
        ("suffered", "sanctions", "Chinese refiners added to US blacklist over Iranian crude"),
        ("suffered", "watchdog", "Google ordered by Tokyo watchdog to cease anticompetitive practices"),
        ("nobody named", "ban", "Lawmakers ban bitcoin mining in three provinces"),
        ("nobody named", "ban", "Crypto trading is outlawed from January"),
        ("nobody named, noun", "ban", "Crypto ban takes effect"),
    ],
)
def test_template_finds(usual, template, rule, text):
    match = found(usual, rule, text)
    assert match is not None
    if template != match.alternative:
        # Several templates may fit one sentence; the first is named.
        assert template in ("noun", "speaker", "second predicate", "colon")


@pytest.mark.parametrize(
    ("guard", "rule", "text"),
    [
        ("other clause", "bank", "ECB holds rates; ministers oppose the tax"),
        ("too far", "bank", "The central bank and all its many friends in big cities far away oppose it"),
        ("preposition", "bank", "Ministers side with the ECB opposed to the tax"),
        ("another subject", "bank", "Lawmakers object to Fed plan"),
        ("target", "bank", "Trump slams Fed over rates"),
        ("of is the target", "bank", "Criticism of the ECB grows"),
        ("staff are not the bank", "bank", "Central bank staff oppose the new canteen"),
        ("second verb", "sanctions", "Firm quits Moscow, slaps sanctions label on rivals"),
        ("passive", "bank", "Central bank proposal opposed by lawmakers"),
        ("passive", "watchdog", "FCA official fined by a court"),
        ("charged with", "watchdog", "SEC lawyer charged with fraud"),
        ("noun form", "sanctions", "US sanctions are biting"),
        ("noun form", "watchdog", "Regulator says market conditions are fine"),
        ("noun form", "watchdog", "The sec charges of the old battery"),
        ("background", "sanctions", "Iran exports more oil despite US sanctions"),
        ("background", "sanctions", "EU voices support for court after US sanctions"),
        ("by", "sanctions", "Russia surprised by sanctions against oil companies"),
        ("anti", "sanctions", "Package of anti-Russia sanctions discussed"),
        ("except", "sanctions", "EU sanctions chief visits Kyiv"),
        ("except at the end", "sanctions", "UN extends mandate of sanctions monitoring team"),
        ("longer name", "watchdog", "Trader sues SEC over crypto rules"),
        ("former", "bank", "Ex-Fed governor opposes the plan"),
        ("case", "bank", "Feds oppose the motion"),
        ("no object", "bans", "RBI bars banks from paying dividends"),
        (
            "object far",
            "ban",
            "Ban on plastic bags begins as shops in the city of London say that they like crypto",
        ),
        ("other thing", "ban", "Russian crypto criminal admits money laundering"),
        ("prices", "down", "Bank shares go down 5%"),
        ("asked", "sanctions", "Amnesty urges EU to sanction settlers"),
        ("asked", "sanctions", "Activists call for EU sanctions on settlers"),
        ("asked", "watchdog", "Lib Dems urge FCA to investigate trader"),
        ("asked", "watchdog", "FTC asked to probe merger"),
        ("wanting", "watchdog", "FCA faces probe"),
        ("approves", "sanctions", "Parliament sanctions loan for new railway"),
        ("nobody says it", "bank", "Crypto is worthless as the ECB holds rates"),
        ("takes it back", "sanctions", "Trump weighs lifting sanctions"),
    ],
)
def test_guard_keeps_out(usual, guard, rule, text):
    assert found(usual, rule, text) is None


@pytest.mark.parametrize(
    ("lang", "rule", "text"),
    [
        ("en", "bank", "The central bank does not oppose the plan"),
        ("en", "bank", "The Fed no longer opposes the merger"),
        ("en", "bank", "The RBI denies it opposes the bill"),
        ("en", "bank", "The central bank has withdrawn its objections to the sale"),
        ("en", "bank", "ECB drops its opposition to the merger"),
        ("en", "bank", "The ECB once opposed a digital euro"),
        ("en", "sanctions", "US imposes no sanctions on Turkey"),
        ("en", "sanctions", "The EU did not impose sanctions on the bank"),
        ("en", "watchdog", "The regulator did not fine the bank"),
        ("en", "watchdog", "SEC drops investigation into exchange"),
        ("en", "ban", "The ministry will not ban crypto"),
        ("ru", "bank", "ЦБ не выступает против новой льготы"),
        ("ru", "sanctions", "США не будут вводить санкции против Турции"),
        ("de", "bank", "Bundesbank lehnt digitalen Euro nicht ab"),
        ("de", "sanctions", "EU verhängt keine Sanktionen gegen China"),
        ("fr", "bank", "La BCE ne s'oppose pas au projet"),
        ("es", "bank", "El BCE no se opone a la fusión"),
        ("es", "sanctions", "La UE no impondrá sanciones a China"),
    ],
)
def test_denied_event_counts_only_where_the_rule_wants_it(usual, every, lang, rule, text):
    assert found(usual, rule, text, lang) is None
    match = found(every, rule, text, lang)
    assert match is not None
    assert match.modality == "denied"


@pytest.mark.parametrize(
    ("lang", "rule", "text"),
    [
        ("ru", "bank", "ЦБ выступил против криптовалют в России"),
        ("ru", "bank", "Банк России не поддержал законопроект о майнинге"),
        ("ru", "sanctions", "ЕС согласовал новый пакет санкций против России"),
        ("ru", "watchdog", "ФАС оштрафовала Google на 3 млрд рублей"),
        ("ru", "watchdog", "ЦБ отозвал лицензию у банка"),
        ("de", "bank", "Bundesbank lehnt digitalen Euro ab"),
        ("de", "bank", "Die Notenbank stellt sich gegen die Pläne der Regierung"),
        ("de", "sanctions", "EU-Staaten einigen sich auf 20. Sanktionspaket"),
        ("fr", "bank", "La Banque de France s'oppose à la création d'un euro numérique"),
        ("fr", "sanctions", "L'UE adopte un nouveau train de sanctions contre la Russie"),
        ("es", "bank", "El BCE rechaza el plan de la Comisión"),
        ("es", "sanctions", "Estados Unidos impone sanciones a dos jueces"),
    ],
)
def test_event_is_found_in_other_languages(usual, lang, rule, text):
    assert found(usual, rule, text, lang) is not None


@pytest.mark.parametrize(
    ("lang", "rule", "text"),
    [
        ("ru", "bank", "В ЦБ заявили, что биткоин не может быть платёжным средством"),
        ("ru", "bank", "Банк России против использования криптовалют"),
        ("ru", "sanctions", "Под санкции Канады попали ещё 70 танкеров"),
        ("de", "bank", "SNB-Präsident Schlegel: Bitcoin ist keine Alternative für uns"),
        ("de", "sanctions", "Sudanesische Generäle von EU-Strafen getroffen"),
        ("fr", "bank", "« Le bitcoin ne répond pas aux critères », estime la BNS"),
        ("fr", "sanctions", "Des généraux birmans visés par de nouvelles sanctions européennes"),
        ("es", "bank", "«El bitcoin no es dinero», sostiene el gobernador del Banco de España"),
        ("es", "sanctions", "Rosneft y Lukoil, castigadas por Washington"),
    ],
)
def test_statements_and_what_is_suffered_are_found_in_other_languages(usual, lang, rule, text):
    assert found(usual, rule, text, lang) is not None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Trump kritisiert Fed-Chef Powell erneut"),
        ("ru", "Трамп раскритиковал Пауэлла"),
    ],
)
def test_object_right_after_its_verb_is_not_the_subject(usual, lang, text):
    assert found(usual, "bank", text, lang) is None


def test_topic_before_a_colon_is_what_it_is_about(usual):
    assert found(usual, "bans", "Crypto: RBI bars banks from new business") is not None
    assert found(usual, "bans", "Markets: RBI bars banks from new business") is None


def test_question_counts_only_where_the_rule_wants_it(usual, every):
    text = "Does the ECB oppose a digital euro?"
    assert found(usual, "bank", text) is None
    assert found(every, "bank", text).modality == "question"


def test_question_that_takes_the_event_for_granted_counts(usual):
    assert found(usual, "bank", "Why does the ECB oppose a digital euro?") is not None


def test_conditional_is_possible(usual):
    assert found(usual, "sanctions", "EU may impose sanctions on the bank").modality == "possible"
    assert found(usual, "sanctions", "EU imposes sanctions on the bank").modality == "stated"


def test_match_names_its_parts_with_their_spans(usual):
    text = "Überraschung: the RBI bars banks from doing business with crypto firms"
    match = found(usual, "bans", text)
    parts = [(part.role, text[part.span.start : part.span.end]) for part in match.event]
    assert parts == [("who", "RBI"), ("does", "bars"), ("does", "from"), ("what", "crypto")]
    assert match.spans == tuple(sorted(part.span for part in match.event))


def test_unless_excludes_in_the_same_paragraph_only():
    event = Event(who=("ECB",), does=("$opposes",), unless=("cricket",))
    watchlist = compile_watchlist([Rule("r", event=event)], {})
    assert watchlist.match(ItemText(title="ECB opposes the cricket tour")) == []
    assert watchlist.match(ItemText(title="ECB opposes the levy", summary="No cricket today"))


def test_event_in_the_summary_is_found_by_its_own_paragraph(usual):
    item = ItemText(title="Ministries want mining legalised", summary="The central bank opposes the measure")
    (match,) = [one for one in usual.match(item) if one.rule_id == "bank"]
    assert {span.field for span in match.spans} == {"summary"}


def test_event_does_not_reach_over_paragraphs(usual):
    item = ItemText(title="x", body="Statement of the central bank\n\nOpposes the measure: the ministry")
    assert [one for one in usual.match(item) if one.rule_id == "bank"] == []


def test_compiled_events_survive_being_stored(usual):
    again = Watchlist.loads(usual.dumps())
    for text in ("US sanctions Cuban president", "RBI bars banks from doing business with crypto firms"):
        assert again.match(ItemText(title=text)) == usual.match(ItemText(title=text))


def test_rule_alone_finds_what_it_finds_among_others(usual):
    texts = ["Air India fined by the FAA", "US sanctions Cuban president", "EU fines Google"]
    for name, event in EVENTS.items():
        alone = compile_watchlist([Rule(name, event=event)], {})
        for text in texts:
            assert found(alone, name, text) == found(usual, name, text)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Britain freezes assets of two men"),
        ("fr", "Le Canada sanctionne deux anciens sénateurs"),
        ("fr", "Le chef de la milice sanctionné par les États-Unis"),
        ("es", "Cuatro jueces sancionados por Estados Unidos"),
        ("de", "Brüssel verlängert Strafmaßnahmen gegen Belarus"),
        ("ru", "Евросоюз продлил ограничительные меры против Минска"),
    ],
)
def test_sanctions_are_found_in_each_language(usual, lang, text):
    assert found(usual, "sanctions", text, lang)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("ru", "Введет ли Трамп новые санкции против Москвы?"),
        ("de", "Kommen jetzt neue Sanktionen der EU gegen Putin?"),
        ("es", "¿Aprobará Trump más sanciones a Rusia?"),
        ("ru", "Венгрия заблокировала новый пакет санкций ЕС"),
        ("de", "Ungarn stoppt Sanktionspaket mit Veto"),
        ("fr", "Budapest bloque le 18e paquet de sanctions"),
        ("es", "Hungría veta el paquete de sanciones contra Moscú"),
        ("en", "China condemns 'illegal' US sanctions on its refiners"),
    ],
)
def test_questions_vetoes_and_reactions_are_no_sanctions(usual, lang, text):
    assert not found(usual, "sanctions", text, lang)


def test_question_for_more_takes_the_event_for_granted(usual):
    assert found(usual, "sanctions", "Почему США ввели новые санкции?", "ru")
