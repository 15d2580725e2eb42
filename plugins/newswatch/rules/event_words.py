"""The words by which events tell a subject from what only stands beside a verb. English unless said."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GAP_BREAKERS = _words(
    "who whose which that after as if while when because despite over amid than and or says say said "
    "который которая которые что заявил заявила рассказал рассказала сообщил сообщила о об"
)
"""Between an actor and its verb they begin something else."""

PREPOSITIONS = _words("to for against with by from of in on under at over sue sues suing sued")
"""A name that follows one is not a subject. After, before, as, since, amid are conjunctions too."""

DETERMINERS = _words(
    "the a an new fresh latest its his her their s more further additional harsh tough tougher sweeping renewed "
    "any all some crippling western international heavy major le la les un une el los las una der die das den ein eine"
)

BACKGROUND = _words(
    "after despite over amid amidst under following against due given without from because since about on by of "
    "before ahead with into to"
)
"""A noun whose actor follows one is what happened before: "despite US sanctions"."""

LIGHT = _words(
    "long has have had is are was to will would may might could also again now today formally just reportedly "
    "jointly finally still on once longer never deny denies denied monday tuesday wednesday thursday friday saturday sunday"
)
"""They may be between an actor and its verb."""

MODALS = _words(
    "to will would may might could can must should shall not did does do and or also jointly be cannot won't don't "
    "doesn't didn't wouldn't couldn't can't shouldn't"
)

HEADS = _words(
    "official officials chief head chair chairman chairwoman chairperson governor governors president vice deputy "
    "minister ministers ministry spokesman spokeswoman spokesperson board member members policymaker policymakers "
    "ratesetter secretary commissioner commissioners commission enforcement division unit director economist source "
    "sources department lawmakers lawmaker senator senators leader leaders government governments authorities "
    "authority court courts judge judges agency agencies regulator regulators watchdog watchdogs parliament house "
    "committee antitrust competition prosecutor prosecutors administration team states countries nations envoys "
    "executive council officers police treasury attorney attorneys general panel supervisor supervisors markets "
    "securities financial consumer privacy data federal state national central top senior new bank s office party "
    "parties democrats republicans mps military forces army navy fm pm mep researchers bloc union tribunal oversight "
    "task force group of fin finance foreign trade justice health interior defence defense energy labor labour "
    "commerce cabinet diplomat advisers adviser aide gobernador presidente presidenta "
    "gouverneur président präsident chef глава президент"
)
"""Words that name somebody who speaks for the actor: "ECB board member"."""

OPENERS = _words(
    "and as that says said the a an after while u us uk eu when exclusive update top federal state french german "
    "paris italian if et und y и le la les el los las der die das de del des du"
)
"""What may be before an actor that opens its clause."""

FUNCTION = _words(
    "on over against and or in after for of to from as are were have has should must could may will would make row "
    "with into by at than is was amid under but do does"
)
"""After a form that is also a noun, one of them says that it is the noun: "US sanctions on"."""

ASKING = _words(
    "urge urges urged urging ask asks asked asking press presses pressed pressing pressure pressures pressured push "
    "pushes pushed call calls called calling implore implores beg begs lobby lobbies petition petitions demand demands "
    "want wants request requests "
    "призвать призвал призвала призвали призывает призывают попросил попросила попросили просит просят потребовал "
    "потребовала потребовали требует требуют "
    "fordert fordern forderte forderten ruft rufen drängt drängen bittet appelliert "
    "appelle appellent exhorte exhortent demande demandent presse pressent réclame réclament invite "
    "pide piden insta instan exige exigen urge reclama reclaman llama llaman solicita solicitan"
)
"""Before a name they say that somebody wants it to act."""

ASKED = _words("asked urged pressed pressured told called begged lobbied")
"""Right after a name, before "to", they say that somebody wants it to act."""

ASKED_OF = _words("on for to upon from у от an à au aux a al de von")
"""Between asking and the name that is asked."""

WANTING = _words(
    "seek seeks sought demand demands face faces facing fear fears slam slams reject rejects urge urges call "
    "calls welcome welcomes await awaits dodge dodges avoid avoids escape escapes criticise criticises criticize "
    "criticizes condemn condemns oppose opposes request requests"
)
"""Between an actor and a noun they say that the deed is somebody else's: "senators seek probe"."""

SAYING = _words(
    "says said say according to tells told warns warn warned cautions cautioned writes wrote argues insists adds "
    "declares declared reiterates notes believes thinks claims reminds stresses "
    "заявил заявила заявили сообщил сообщила сообщили считает считают отметил отметила сказал сказала подчеркнул "
    "подчеркнула предупредил предупредила предупредили уверен уверена напомнил напомнила напомнили отрезал пояснил "
    "пояснила полагает убеждён "
    "sagt sagte warnt warnte mahnt erklärt betont laut meint findet bekräftigt schreibt glaubt "
    "dit estime estiment juge affirme martèle alerte prévient avertit déclare réaffirme rappelle souligne assure "
    "dice afirma sostiene advierte alerta recuerda zanja asegura avisa insiste opina considera"
)
ACCORDING = _words("to selon pour según para laut après zufolge мнению")
"""Right before the speaker at the end of a sentence."""

OF = _words(
    "of the by from to al a à au aux de des du del la le l les los las der die das vom von par por un une"
)
"""Between what is suffered and whose act it is: "bajo sanciones de la UE"."""

NOT_A_SUBJECT = _words(
    "gegen mit vor nach wegen trotz bei in im am zum zur für über auf aus den dem des auch nun jetzt nicht so hier heute "
    "gestern damit dafür dagegen davor daher erneut zuvor scharf deutlich "
    "против в на о об за с к из от для по при не также ранее накануне вновь резко жёстко снова это эти этого "
    "законопроект проект закон план планы предложение предложения поправки решение решения инициативы требование "
    "требования призыв призывы слова"
)
"""German and Russian words that open a clause in which the subject follows the verb."""

FIRST_PERSON = _words("we i it")
THIRD_PERSON = _words("regulator they bank it")
INVERSIONS = _words("do does did will would should can could may might must")
"""Before an actor they take its verb's ending: "does the ECB oppose"."""

QUESTION_OPENERS = _words("can could should will would is are was do does did has have may might")
ASKING_FOR_MORE = _words(
    "что кто как где когда почему зачем сколько какой какая какие чем "
    "was wer wie wo wann warum wieso weshalb welche welcher "
    "que qui comment où quand pourquoi combien quel quelle quels qué quién cómo dónde cuándo cuánto cuál por"
)
"""Openers of questions, other than English ones, that take for granted what they ask about."""

PASSIVE_BY = {"fr": ("par",), "es": ("por",), "de": ("von", "vom", "durch")}
"""Before the actor of a passive; English "by" counts in every language."""

PASSIVE_AUXILIARIES = _words("be been being is are was were get gets got")
PASSIVE_AFTER_ONE = _words("over for in after amid at as with under")
PASSIVE_IN_GAP = _words("by with to from over in")
PASSIVE_FORMS = _words(
    "forbidden illegal frozen hit shut made cut be is was sought found pleads plead face faces pay pays agree agrees "
    "settle settles"
)
PASTS = _words(
    "hit put set cut let made took gave sought sued brought threw held froze struck told said came went withdrew "
    "shot spoke stood drew against"
)
"""Past forms that end neither in -ed nor in -s and need nothing before them; "against" needs no verb at all."""

SAYING_VERBS = ("warn", "argue", "caution", "say", "urge")
"""A comma before such a verb begins a sentence with a subject of its own: "…, warns report"."""

NEGATIONS = _words(
    "not never no nor neither without cannot don't isn't won't hasn't can't shouldn't needn't doesn't didn't "
    "wouldn't couldn't aren't wasn't "
    "не ни нет nicht kein keine keinen keinem keiner nie weder ohne ne pas jamais aucun aucune sans nunca ningún "
    "ninguna tampoco sin"
)
"""Within an entry they deny it, in all languages: "imposes no sanctions"."""

NEGATIONS_AFTER = _words("nicht keineswegs")
"""German: they deny the verb before them."""

NOT_THE_ACTOR = _words(
    "anti pro ex former formerly бывший бывшая экс анти ehemaliger ehemalige früherer ancien ancienne"
)
"""Before a name they say that somebody else acts: "ex-Fed governor", "anti-Russia sanctions"."""
HISTORY = _words("once previously formerly earlier раньше прежде einst früher autrefois jadis antes")
"""Between an actor and its verb they say that it was so."""

CONDITIONAL = _words(
    "if unless whether may might could would should can considers considering considered weighs weighing mulls "
    "mulling threatens threatening threatened plans planning proposes proposing proposed seeks seeking wants ready "
    "prepares preparing eyes possible possibly potential likely vows vowed "
    "если может могут возможно планирует намерен готов грозит könnte könnten würde erwägt droht falls pourrait "
    "pourraient envisage menace si podría podrían amenaza"
)
"""Around an event they say that it may come about."""
