"""Names and phrases that mark the parts of a page that are not its article.

Names are compared with class names in kebab case, phrases with whole short blocks. One more costs
little. But a name that sites also give to the article itself does harm, so the general ones (`content`,
`block`, `item`, `video-story`) are left out.
"""

from __future__ import annotations

import re

_NAMES = (
    # teasers and further reading
    "related related-[a-z-]+ recommend(?:ed|ations?)? recirc(?:ulation)? more-for-you more-from more-on more-stories"
    " read-more read-also read-next see-also also-read up-next next-article trending most-read most-popular popular"
    " teasers? teaser-[a-z-]+ promo promos promo-[a-z-]+ outbrain taboola zergnet incontent-link inline-link"
    # advertising, subscribing, logging in
    " newsletters? newsletter-[a-z-]+ subscribe subscription subscription-[a-z-]+ sign-?up sign-?in log-?in paywall"
    " paywall-[a-z-]+ regwall piano donate donation advert adverts advertisement ad ads ad-[a-z-]+ adslot dfp gpt-ad"
    " sponsor sponsored banner cookie cookies cookie-[a-z-]+ consent gdpr onetrust cmp pop-?up modal overlay toast"
    # sharing and commenting
    " share shares share-[a-z-]+ sharing social social-[a-z-]+ comments? comments-[a-z-]+ comment-[a-z-]+ disqus"
    # about the article, not part of it
    " caption captions credit credits image-credit photo-credit by-?line author author-[a-z-]+ authors bio biography"
    " about-the-author contributors? dateline dates? timestamps? publish-date pub-date published-at post-meta"
    " article-meta entry-meta tags? tag-list topics breadcrumbs? copyright disclaimer disclosure correction-policy"
    # parts of the site
    " player jwp jwplayer jw-player jwp-[a-z-]+ video-player brightcove nav navbar navigation menu sidebar rail"
    " skip-link skip-to-content print-only no-print toolbar widget widgets pagination search-form site-header"
    " site-footer footer live-ticker-nav placeholder spinner visually-hidden sr-only screen-reader-text"
)
_PREFIX_OF_OTHER_NAMES = r"(?:tag|category|has|is|no|with|js|type|format)-"
"""A name with this beginning describes the page or its category, not the element."""

CLUTTER_CLASS = re.compile(
    rf"(?:^|\s)(?!{_PREFIX_OF_OTHER_NAMES})(?!\S*-(?:with|has|no)-)(?:[a-z0-9]+-){{0,3}}(?:{'|'.join(_NAMES.split())})(?:-?\d+)?(?:-(?:block|box|container|section|wrapper|wrap|list|bar|buttons?|module|inner|unit|panel|area|holder|links?))?(?=\s|$)"
)

_HEADINGS = (
    r"more (?:for you|from|on this|stories|news|like this|to read)|you (?:may|might) (?:also|like)|read (?:next|also|more)"
    r"|related(?: (?:articles?|stories|news|links?|content|topics|coverage|reading))?$|(?:recommended|trending|sponsored|most (?:read|popular))(?: (?:now|today|stories|for you|content))?\s*:?$"
    r"|what to read next|up next|latest (?:news|stories|headlines)|top stories|further reading|see also"
    r"|around the web|about the authors?|share this|comments?$|leave a (?:comment|reply)|popular (?:now|stories)"
    r"|don.t miss|editor.?s.? picks?"
    r"|читайте также|ещё по теме|еще по теме|материалы по теме|по теме$|самое читаемое|популярное$|другие новости"
    r"|mehr zum thema|lesen sie auch|das könnte sie|weitere artikel|meistgelesen|à lire aussi|lire aussi|sur le même"
    r"|lea también|te puede interesar|noticias relacionadas|leggi anche|potrebbe interessarti|leia também|lees ook"
    r"|相关阅读|相关新闻|延伸阅读|推荐阅读|関連記事"
)
CLUTTER_HEADING = re.compile(rf"(?i)(?:{_HEADINGS})")

_INVITATIONS = (
    r"read (?:more|also|next|the full|our|on)\b.{0,3}(?::|here|$)|read (?:more|also|next)\s*[:–—-]|(?:see|watch|listen) (?:also|more|now)\s*:"
    r"|related(?: \w+)?\s*:|more on this|also read|recommended\s*:|(?:click|tap|swipe) (?:here|to)\b|(?:story|article) continues"
    r"|continue reading|keep reading|advertisement\s*$|sponsored (?:by|content)|scroll (?:down|to continue)"
    r"|subscribe\b|(?:already )?(?:a )?subscriber[s?]?\b.{0,40}(?:log|sign) in|sign up\b|sign in to|log in to|register (?:now|for free|to)"
    r"|(?:get|receive) (?:the|our|all|more) .{0,60}(?:newsletter|inbox|alerts)|don.t miss (?:another|a|an|our)\b"
    r"|see all newsletters|unlock (?:this|the full)|start your (?:free )?trial|to (?:continue|keep) reading"
    r"|share (?:this|on|via)\b|share$|copy link|follow (?:us|me|@)|join (?:us on|our|the conversation)|download (?:our|the) app"
    r"|(?:photo|image|picture|file photo|video|credit|source photo)s?\s*(?:by|credit)?\s*:|\(?(?:photo|image) by\b"
    r"|(?:we|this (?:site|website)) uses? cookies|by (?:continuing|clicking)|accept (?:all )?cookies|your browser does not support"
    r"|(?:additional )?(?:reporting|writing|editing|compiled) by\b|this story has been updated to"
    r"|\[?\d{1,4} comments?\]?$|what do you think\?|have (?:a|any) (?:tip|news tip)|all rights reserved|©|copyright (?:©|\(c\)|\d{4})"
    r"|читайте (?:также|ещё|еще|подробнее)|подпис(?:ывайтесь|аться|ка на)|поделиться|реклама$|фото\s*:|нашли (?:ошибку|опечатку)"
    r"|lesen sie (?:auch|mehr)|mehr (?:dazu|zum thema)|jetzt (?:abonnieren|registrieren)|newsletter\s*$|anzeige$|foto\s*:"
    r"|(?:à )?lire (?:aussi|la suite)|abonnez-vous|inscrivez-vous|partager$|(?:lea|lee) también|suscr[ií]b|leggi anche|iscriviti|leia (?:também|mais)"
    r"|相关阅读|延伸阅读|点击|订阅|分享到|责任编辑|関連記事"
)
INVITATION = re.compile(rf"(?i)[\s>»→▶•*|-]*(?:{_INVITATIONS})")

CHALLENGE = re.compile(
    r"(?i)just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:human|robot)|captcha"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser|enable javascript and cookies|pardon our interruption"
    r"|request unsuccessful|unusual traffic|security check|one more step|ddos protection|проверка браузера|page not found|404 not found"
)
LOGIN = re.compile(
    r"(?i)\b(?:log|sign) ?in\b|create (?:a|your) (?:free )?account|войти|авторизац|вход\b|anmeld|einloggen|(?:se )?connecter|connexion|iniciar sesi"
)
