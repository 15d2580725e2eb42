"""The shipped rules on kinds of headlines that they once got wrong, each with sentences of its own."""

from datetime import date
from pathlib import Path

import pytest

from newswatch.config.load import load_config
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.rules import ItemText, compile_watchlist

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def shipped():
    draft = load_config(CONFIG, RulesChecker(), today=date(2026, 11, 23)).draft
    return compile_watchlist(draft.rules, draft.lists, draft.default_lang)


def rules_of(watchlist, lang, text):
    return {match.rule_id for match in watchlist.match(ItemText(title=text, lang=lang))}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        # "sanctioned" describes what something else happens to
        ("en", "Tanker sanctioned by EU boarded by French navy"),
        ("en", "Billionaire sanctioned by Britain sues for libel"),
        ("en", "Businessman who was sanctioned by the US buys football club"),
        ("en", "UK-sanctioned tycoon loses court fight"),
        ("en", "France boards sanctioned oil tanker in Mediterranean"),
        ("fr", "La marine intercepte un pétrolier sanctionné par l'UE"),
        ("es", "Estados Unidos incauta un petrolero sancionado por la OFAC"),
        ("de", "Zoll beschlagnahmt Jacht von EU sanktioniertem Oligarchen"),
        # former and lower people
        ("es", "La exgobernadora del banco central rechaza la reforma"),
        ("fr", "L'ancienne présidente de la BCE dénonce la réforme"),
        ("fr", "L'ancien patron de la Banque de France critique la réforme"),
        ("de", "Früherer Bundesbank-Präsident lehnt Eurobonds ab"),
        ("de", "Beschäftigte der Bundesbank lehnen Umzug ab"),
        ("fr", "Les salariés de la Banque de France s'opposent au plan social"),
        ("es", "Empleados del Banco de España rechazan el recorte"),
        # a ban given up
        ("es", "El banco central renuncia a prohibir las stablecoins"),
        ("fr", "La banque centrale renonce à interdire les cryptomonnaies"),
        ("de", "Zentralbank verzichtet auf ein Verbot von Bitcoin"),
        ("ru", "ЦБ передумал запрещать криптовалюты"),
        # who blocks or slams sanctions, or calls for their end
        ("en", "Slovakia threatens to veto next EU sanctions package"),
        ("en", "Hungary stalls EU's 19th sanctions package"),
        ("en", "Moscow condemns EU sanctions package"),
        ("de", "Linke fordert Ende der Kuba-Sanktionen"),
        ("en", "Kremlin calls for end to US sanctions"),
        # no enforcement against a firm
        ("en", "SEC fines Tennessee after fans rush field"),
        ("en", "SEC coach fined for criticising officiating"),
        ("en", "Ofcom charges: annual fees explained"),
        ("en", "Warner settles lawsuit with songwriter"),
        ("en", "Late payroll filings now draw IRS penalties of $330 per form"),
        # trade, opinion and house rules
        ("en", "India bans exports of broken rice"),
        ("en", "Inflation is a danger, says ECB's Lagarde"),
        ("en", "Central bank governor bans phones from meetings"),
        ("de", "Minister weist Kritik der EZB zurück"),
        ("es", "El Gobierno rechaza las críticas del banco central"),
    ],
)
def test_what_only_looks_like_an_event_matches_no_rule(shipped, lang, text):
    assert not rules_of(shipped, lang, text)


@pytest.mark.parametrize(
    ("rule", "lang", "text"),
    [
        ("sanctions", "en", "Chinese firms sanctioned by US over Iran oil"),
        ("sanctions", "es", "Empresa china sancionada por EE UU por vender a Irán"),
        ("sanctions", "en", "Japan prohibits exports of chip tools to Russia"),
        ("sanctions", "en", "China halts exports of rare earths to Japan"),
        ("sanctions", "de", "China untersagt Export von Gallium in die USA"),
        ("sanctions", "en", "Asset freeze for two generals, Norway announces"),
        ("sanctions", "en", "Travel bans for six Georgian officials, Lithuania announces"),
        ("sanctions-imposed", "ru", "Ограничительные меры ЕС в отношении Ирана продлены до 2027 года"),
        ("sanctions", "de", "EU verhängt Finanzsanktionen gegen Myanmar"),
        ("sanctions", "fr", "Sanctions contre l'Iran : Londres vise des banquiers"),
        ("sanctions", "es", "Sanciones a Nicaragua: la UE amplía la lista"),
        ("sanctions", "de", "Söldnerfirma von Großbritannien auf Sanktionsliste gesetzt"),
        ("central-bank-against", "fr", "La Banque centrale du Nigeria interdit les paiements en dollars"),
        ("central-bank-against", "de", "Norwegische Zentralbank verbietet Banken Kredite in Fremdwährung"),
        ("central-bank-against", "ru", "Нацбанк Белоруссии запретил банкам продавать валюту"),
        ("central-bank-against", "es", "El banco central de Bolivia veda los pagos en dólares"),
        ("central-bank-against", "de", "Kritik der EZB an Bankensteuer in Italien"),
        ("central-bank-against", "es", "Rechazo del Banco de España al impuesto a la banca"),
        ("central-bank-against", "ru", "Законопроект вызвал возражения ЦБ"),
        ("central-bank-against", "ru", "Идея бессмысленна — зампред ЦБ"),
        ("central-bank-against", "en", "Crypto lending is a gamble, says Bank of Italy's Panetta"),
        ("central-bank-against", "es", "El Banco de México alerta contra las criptomonedas"),
        ("central-bank-against", "fr", "La Banque d'Angleterre critique la réforme"),
        ("central-bank-against", "fr", "Banque du Canada : le gouverneur déconseille le bitcoin"),
        ("enforcement-regulators", "en", "Ripple agrees settlement with SEC"),
        ("enforcement-regulators", "ru", "Ozon заключил мировое соглашение с ФАС"),
        ("enforcement-regulators", "ru", "Против Wildberries ведется расследование ФАС"),
        ("enforcement-regulators", "ru", "Роскомнадзор составил протоколы на Google"),
        ("enforcement-firms", "ru", "Прокуратура подала иск к застройщику"),
        ("enforcement-firms", "ru", "Банк заплатит миллиард по соглашению с Минюстом США"),
    ],
)
def test_event_in_another_form_is_found(shipped, rule, lang, text):
    assert rule in rules_of(shipped, lang, text)
