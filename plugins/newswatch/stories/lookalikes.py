"""Words of headlines that another such word differs from by one letter inside. Pure.

An edit from one of these to another one changes what is said: "fines" and "fires", "race" and "rape". An edit that leads
from or to a word that is not here is most often the correction of a typing error: "hve" and "have".
"""

from __future__ import annotations

LOOKALIKES = frozenset(
    """
action ahead ahmed aims along among analysis analysts apes appeals appears apps armed arms auction back backing backs
bail ball bank banking banks banned bans barred bars beach beat beats became become being below best bets bill billion
black blame blaze block blow boat boats boeing bombs bond borders bound breach bring busy buys call came cards care
cars case cases cash cast casts catch cause caused causes chance change changed changes charge charged charges charles
chip clash clashes class clip club coach coal coast code cold colombia columbia come compete complete contact content
contest contract cost costs could country counts county courts crash crashes cross curb curbs cures dead deal deals
debt debut decade decide deeply dells dems deploy details detains died dies does dogs done draft draught drivers
drives drone dual expect expects expert experts expires export exports express face fact fail failed failing fails
fair fake fall falling falls fast faster father fear feel feels ferry field fiery fight fights file files filing film
find finding finds fines fire fired fires firm firms flat flight flights flood flying food form forum found free freed
from fuel fuels full fund funding funds game games gates gave gets give goes gold golf good graft grand grant grave
great gulf gunman gunmen hails halt halts hand hands hard hate have hawkish head heading heads hearing heart heat
heating held hiked hikes hints hired hires hits hold home homes hope hopes horse house human hunt hurt injures
injuries interest internet iran iraq jail jailed john join joins jones july jury king knew know kong laid land landing
lands lang laos last laws lead leading leads leaks leans least leaves leaving left less levels lies life lift like
line lines links list live lives loans long looks looms lose loser losers loses loss losses lost love lower made main
major make makes mali malta maps march marks mars mass match mayor mean mega meta million miners minors miss money
monkey more most move must niger north officers offices once opens orders osce overnight oversight owens pact paris
part parts passes past paul pause paused pauses peace person phase pilot place plane plans plants player plot poll
polls port ports post posts prayer present prevent price prime prince prison prize probe project protect protest prove
pull pulls quiet quit quite race raid rail rains raise raised raises raising rally rape rare rate razed real really
reigns reins rescue resigns resume ride ridge riot rise rises rising risks road role rome rout route rule rutte sack
safe sale same save saying scale scam science seals seat seats seeks sees seizes sells send sending sent series serve
sets shake shape share ship shock shoot short shot show shut side sides signs silence sinks site sites skip slam
sleeping slow smart snap snow some sorry south spark sparks speak speaks speed spend spending sport spot spring spying
stage stake stakes stars start starts state states status step steps steve stock stop stories story strikes suck sued
sues swap sweeping swims swiss takes taking talk talking talks tank taxes team teams tears teen tell term terms texas
than them then there these this those tied ties times toll tombs tons tool tops torn touch tough town towns track
trail trains trial tried trillion truce truck true turn turns users uses vice voice voters votes wait walk wall want
wants warning warns wars weak wearing weather week well went were west what where whether while white wide wife wild
will wind wing winner winter woman women word words works world would
    """.split()  # noqa: SIM905
)
