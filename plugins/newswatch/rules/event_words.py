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

GENITIVE = {"de": ("der", "des"), "es": ("de", "del")}
"""Between a noun and the actor whose it is: "Kritik der EZB", "rechazo del BCE". Of whom it is said has another word there."""

REJECTING = _words(
    "weist weisen kontert ignoriert trotz rechaza rechazan rechazó desoye ignora desestima responde contesta pese "
    "fordert pide piden exige"
)
"""Before a noun they say that somebody does not want it: "Minister weist Kritik der Bundesbank zurück"."""

ANNOUNCING = _words(
    "announces announced announce confirms confirmed kündigt teilt bestätigt erklärt annonce annoncent confirme "
    "anuncia anuncian confirma объявил объявила объявили объявило"
)
"""After an actor at the end, they say that what came before is the actor's: "Asset freeze for officials, Canada announces"."""

DECIDING = _words(
    "agree agrees adopt adopts approve approves target targets hit hits list lists add adds unveil unveils expand "
    "expands extend extends widen widens impose imposes tighten tightens renew renews "
    "einigt einigen beschließt beschließen verlängert verlängern nimmt nehmen setzt setzen weitet weiten verschärft "
    "verschärfen billigt billigen verhängt verhängen trifft treffen "
    "cible ciblent vise visent frappe frappent adopte adoptent prolonge prolongent durcit durcissent renforce "
    "renforcent approuve approuvent inscrit inscrivent étend étendent sanctionne impose imposent "
    "activa activan aprueba aprueban adopta adoptan amplía amplían endurece endurecen golpea golpean apunta apuntan "
    "acuerda acuerdan prorroga prorrogan impone imponen incluye incluyen castiga "
    "принял приняла приняли утвердил утвердила утвердили согласовал согласовала согласовали расширил расширила "
    "расширили продлил продлила продлили ввёл ввел ввела ввели внёс внес внесла внесли"
)
"""After an actor they say that it decides what the headline named before a colon: "Sanctions on Belarus: EU agrees …"."""

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

RELATIVE = _words("who which that")
MAIN_VERBS = _words(
    "is was has had will says speaks dies dead shot killed wins won loses lost seized arrested detained released freed "
    "spotted found boarded intercepted captured extradited elected named sues appeals challenges joins returns denies vows "
    "seeks opens buys sells sold bought docks sails arrives leaves quits resigns becomes gets faces plans moves sinks runs "
    "holds keeps launches raises hires asks urges meets visits calls slams remains continues closes delivers loads "
    "stirbt starb verliert gewinnt klagt scheitert kauft verkauft erschossen gestorben verlässt läuft "
    "perd gagne meurt conteste saisit vend achète quitte obtient arrive accoste "
    "pierde gana muere vende compra deja llega atraca demanda recurre obtiene "
    "умер умерла скончался выиграл проиграл подал продал купил"
)
"""After the actor of a participle they say that the participle is no news: "officer sanctioned by US shot"."""

TAKING = _words(
    "seize seizes seized detain detains detained board boards boarded intercept intercepts intercepted confiscate confiscates "
    "confiscated impound impounds capture captures arrest arrests release releases free frees meet meets host hosts buy buys "
    "visit visits kill kills shoot shoots escort escorts track tracks "
    "beschlagnahmt beschlagnahmen stoppt stoppen kapert entert verhaftet trifft kauft "
    "saisit saisissent arraisonne arraisonnent intercepte interceptent immobilise arrête rachète rencontre "
    "incauta incautan confisca confiscan intercepta interceptan captura capturan detiene detienen retiene aborda recibe compra "
    "задержал задержала задержали арестовал арестовала арестовали перехватил перехватили"
)
"""Before a participle they say that it describes what is taken: "seizes tanker sanctioned by the EU"."""

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
    "anti pro ex former formerly бывший бывшая экс анти ehemaliger ehemalige früherer frühere ancien ancienne"
)
"""Before a name they say that somebody else acts: "ex-Fed governor", "anti-Russia sanctions"."""

NOT_FOR_THE_ACTOR = _words(
    "ex former exgobernador exgobernadora expresidente expresidenta exdirectivo exdirectiva exdirector exdirectora "
    "exvicepresidente exconsejero exsubgobernador exjefe exministro antiguo antigua "
    "ancien ancienne anciens l'ancien l'ancienne ehemaliger ehemalige ehemaligen früherer frühere früheren "
    "бывший бывшая бывшие бывшего экс экспредседатель экспредседателя экзампред "
    "staff employees workers union mitarbeiter mitarbeiterin mitarbeitern beschäftigte beschäftigten angestellte "
    "angestellten personal personalrat betriebsrat gewerkschaft personnel personnels salariés employés agents "
    "syndicat syndicats empleado empleados trabajadores plantilla sindicato sindicatos "
    "сотрудник сотрудники работник работники профсоюз"
)
"""Former and lower people. Next to a name, or before it and small words or titles, they say that they act and not the actor."""
CHAIN = _words(
    "of the de del la el las los le les du des der die das den dem l al "
    "patron patronne chef chefin dirigeant dirigeante économiste membre numéro un mitglied vorstand vorstandsmitglied "
    "vizepräsident präsident präsidentin volkswirt chefvolkswirt miembro consejero consejera jefe jefa director directora "
    "economista subgobernador vicepresidente глава главы зампред зампреда председатель председателя"
)
"""Small words and titles between a person and whom the person is of: "ancien gouverneur de la Banque de France"."""
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
