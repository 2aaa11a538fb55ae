"""English verbs whose past forms no rule and no stemmer reaches."""

from collections.abc import Mapping

# Base, past tense and, where it differs, participle.
_VERBS = """
have had, do did done, become became become, begin began begun, bend bent, bet bet, bite bit
bitten, bleed bled, blow blew blown, break broke broken, breed bred, bring brought, build built,
burst burst, buy bought, cast cast, catch caught, choose chose chosen, cling clung, come came
come, cost cost, creep crept, cut cut, deal dealt, dig dug, draw drew drawn, drink drank drunk,
drive drove driven, eat ate eaten, fall fell fallen, feed fed, feel felt, fight fought, find
found, flee fled, fly flew flown, forbid forbade forbidden, forget forgot forgotten, forgive
forgave forgiven, freeze froze frozen, get got gotten, give gave given, go went gone, grow grew
grown, hang hung, hear heard, hide hid hidden, hit hit, hold held, hurt hurt, keep kept, kneel
knelt, know knew known, lay laid, lead led, leave left, lend lent, let let, lie lay lain, light
lit, lose lost, make made, mean meant, meet met, pay paid, put put, quit quit, read read, ride
rode ridden, ring rang rung, rise rose risen, run ran run, say said, see saw seen, seek sought,
sell sold, send sent, set set, shake shook shaken, shine shone, shoot shot, show showed shown,
shrink shrank shrunk, shut shut, sing sang sung, sink sank sunk, sit sat, sleep slept, slide
slid, speak spoke spoken, spend spent, spin spun, spit spat, split split, spread spread, spring
sprang sprung, stand stood, steal stole stolen, stick stuck, sting stung, stink stank stunk,
strike struck, swear swore sworn, sweep swept, swim swam swum, swing swung, take took taken,
teach taught, tear tore torn, tell told, think thought, throw threw thrown, understand
understood, wake woke woken, wear wore worn, weep wept, win won, wind wound, write wrote written
"""

PASTS: Mapping[str, tuple[str, ...]] = {
    base: tuple(pasts) for base, *pasts in map(str.split, _VERBS.split(","))
}
"""Past forms by base."""

BASE_OF: Mapping[str, str] = {past: base for base, pasts in PASTS.items() for past in pasts}
"""Base by past form; of two verbs with one past form, the later in the list."""
