"""The forms of sentence that the reader knows: one table, grouped by what they ask.

A form is a regular expression over plain words and verb symbols (`words.py`); other names in capitals
are the macros below. Named groups become the parts of a `Question`.
"""

from __future__ import annotations

from .parts import ORDINALS, Builder, asks, changes, doings, mine, taken_off, visits
from .question import Kind

MACROS = {
    "BE": r"(?:is|are|was|were|am|be|has been|have been|had been)",
    "DO": r"(?:did|do|does|have|has|had|can|could|was|were|is|are)",
    "ME": r"(?:YOU|I)",
    "WHO": r"(?P<who>YOU|I|(?!the\b)[a-z]+)",
    "THING": r"(?P<thing>(?!where\b|what\b|who\b|when\b|how\b|why\b|which\b)[a-z0-9][a-z0-9:' -]*?)",
    "AT": r"(?P<rel>in|on|near|at|by|under|behind) (?P<place>[a-z0-9][a-z0-9:' -]*?)",
    "NTH": rf"(?P<nth>{'|'.join(ORDINALS)}|-?\d+(?:st|nd|rd|th))",
    "DONE": r"(?P<act>PICK|PLACE|MOVE|TURNON|TURNOFF|OPEN|CLOSE)",
    "KINDS": r"(?:things?|objects?|items?|one|stuff)",
    "ROOM": r"(?:rooms?|areas?|places)",
    "WHAT": r"(?:what|which)",
    "MANY": r"(?:how many|number of|count)",
    "SPOT": r"(?P<place>[a-z0-9' -]+?)",
    "NAMED": r"(?P<thing>(?:the|my|[a-z]+'s) [a-z' -]+?)",
    "ONCE": r"(?P<nth>first|last)",
    "ONCE_2": r"(?P<nth_2>first|last)",
}

FORMS: tuple[tuple[Builder, tuple[str, ...]], ...] = (
    (asks(Kind.ROOMS), (
        r"WHAT ROOM (?:DO )?(?:ME )?(?:DO )?(?P<not>not) (?:ENTER|SEE|been)(?: in)?",
        r"WHAT ROOM are (?P<not>un)visited",
        r"where DO ME (?P<not>not) (?:been|ENTER|BE|go)",
        r"WHAT ROOM(?: (?:BE there|BE in (?:the|this) \w+|exist))?",
        r"WHAT ROOM DO ME (?:know|have|ENTER|SEE|been in|been)(?: of| about)?",
        r"where DO ME (?:been|go|ENTER)",
        r"list (?:all )?(?:the )?ROOM",
        r"MANY rooms(?: (?:BE there|DO ME (?:know|SEE|ENTER)))?",
    )),
    (asks(Kind.STAY, action="visit"), (
        r"how (?:long|much time) DO WHO (?:been |stay |spend |spent )?(?P<rel>in) SPOT",
        r"how long DO WHO ENTER SPOT",
    )),
    (asks(Kind.HELD), (
        r"what (?:BE|DO) WHO HOLD|what BE in (?P<who>YOU)R-HAND",
        r"who (?:BE |DO )?(?:HOLD|has|have|had) THING",
    )),
    (asks(Kind.PEOPLE), (
        r"who (?:BE|has been|DO ME SEE|DO ME meet)(?: there)? AT",
        r"who (?:ENTER|LEAVE) SPOT",
        r"who (?:BE there|DO ME SEE|DO ME meet|BE SEE|BE around)",
    )),
    (asks(Kind.OWNER), (
        r"(?:whose THING (?:is|are) (?:this|that|it)|whose (?:is|are) THING|who owns THING|who DO "
        r"THING belong to)",
    )),
    (mine, (
        r"WHAT (?P<thing>[a-z ]+) (?:is|are) mine",
    )),
    (asks(Kind.MEANING), (
        r"WHAT(?: one)? (?:is|are) (?P<thing>(?:my|(?:the )?[a-z]+'s) [a-z' -]+)",
    )),
    (changes(), (
        r"what (?:DO )?(?:changed|change|changes|different|is different|is new and gone)(?: AT)?",
    )),
    (changes("moved"), (
        r"WHAT(?: KINDS)? (?:BE |DO )?MOVE(?: AT)?",
    )),
    (changes("appeared"), (
        r"WHAT(?: KINDS)? (?:BE |DO )?(?:new|appeared|appear|added)(?: AT)?",
    )),
    (changes("gone", "taken"), (
        r"WHAT(?: KINDS)? (?:BE |DO )?(?:missing|gone|vanished|disappeared|disappear)(?: AT)?",
    )),
    (changes(), (
        r"(?:BE|DO) anything (?:changed?|MOVE|different)(?: AT)?",
    )),
    (asks(Kind.WHICH), (
        r"(?:what|which(?: KINDS)?)(?: KINDS)?(?: else)? DO WHO NTH DONE(?: AT)?",
        r"WHAT(?: KINDS)?(?: else)? DO WHO DONE(?: as)?(?: the)?(?: NTH)?(?: KINDS)?",
    )),
    (taken_off, (
        r"WHAT(?: KINDS)? DO WHO DONE (?:up )?(?:from |off )?(?:of )?(?P<place>the [a-z0-9' -]+?)(?: "
        r"NTH)?",
    )),
    (asks(Kind.WHICH), (
        r"WHAT(?: KINDS)? DO WHO DONE AT(?: NTH)?",
        r"WHAT BE (?:the )?NTH (?:KINDS|THING)(?: that)?(?: which)? (?:WHO )?DONE(?: AT)?",
        r"WHAT BE (?:the )?NTH (?:KINDS|THING) BE DONE(?: by WHO)?",
        r"(?:the )?NTH (?:KINDS|THING)(?: that)? WHO DONE",
        r"WHAT(?: KINDS)? BE DONE(?: NTH)?(?: by WHO)?",
        r"(?:what|which(?: thing)?) THING DO WHO DONE(?: NTH)?",
    )),
    (asks(Kind.ORIGIN), (
        r"where (?:DO )?(?:WHO )?PICK THING(?: from| off)?",
        r"(?:from )?where (?:DO )THING (?:come|came|BE PICK|PICK|originate|MOVE|be from)(?: from)?",
        r"from where (?:DO |BE )?(?:WHO )?(?:PICK|MOVE) THING",
        r"where BE THING (?:PICK|from)(?: from)?",
        r"WHAT (?:place|KINDS|furniture|room)?(?: )?DO WHO PICK THING (?:from|off)",
    )),
    (asks(Kind.TARGET), (
        r"where (?:DO )?WHO (?:PLACE|MOVE) THING(?: to)?",
        r"where DO WHO (?:PLACE|MOVE) THING(?: to)?(?: last)?",
        r"where DO THING (?:go|end up|ended up|gone)(?: to)?",
        r"where BE THING (?:PLACE|MOVE)(?: to| by WHO)?",
        r"WHAT(?: place| furniture| surface)? DO WHO PLACE THING (?:on|in)",
    )),
    (asks(Kind.WHO), (
        r"who (?:else )?(?:DO |BE )?(?:NTH )?DONE THING(?: (?:up|down|away))?(?: AT)?",
        r"(?:by who|who by) BE THING DONE",
        r"THING BE DONE by who",
    )),
    (asks(Kind.COUNT_EVENTS), (
        r"how often DO WHO DONE THING",
        r"how often (?:BE|DO) THING DONE(?: by WHO)?",
        r"MANY (?:KINDS )?DO WHO DONE",
        r"MANY THING DO WHO DONE",
    )),
    (visits(Kind.COUNT_EVENTS), (
        r"how often DO WHO ENTER SPOT",
    )),
    (asks(Kind.WHEN), (
        r"when DO WHO (?:ONCE )?DONE THING(?: ONCE_2)?",
        r"when BE THING (?:ONCE )?DONE(?: by WHO)?",
        r"when DO THING (?:DONE)",
    )),
    (visits(Kind.WHEN), (
        r"when DO WHO (?:ONCE )?ENTER SPOT(?: ONCE_2)?",
        r"when (?:BE|DO) WHO (?:ONCE )?in SPOT(?: ONCE_2)?",
    )),
    (asks(Kind.WHEN, action="say"), (
        r"when DO WHO SAY(?: THING)?",
    )),
    (asks(Kind.WHEN_SEEN), (
        r"when (?:DO|BE) ME (?:ONCE )?SEE THING(?: ONCE_2)?",
        r"when BE THING (?:ONCE )?SEE(?: ONCE_2)?",
        r"when (?:BE|DO) the (?:ONCE )time(?: that)? ME SEE THING",
    )),
    (asks(Kind.WHEN), (
        r"when (?:BE|DO) the (?:ONCE )time(?: that)? WHO DONE THING",
    )),
    (asks(Kind.HAPPENED), (
        r"(?:what )?(?:has |have |had |did )?(?:happened|happen|happens|occurred|was going on|is going "
        r"on|went on|was up)(?: to THING)?(?: AT)?",
        r"what (?:happened|DO happen) to THING",
        r"what (?:DO )(?:happen|happened)(?: to THING)?(?: AT)?",
    )),
    (doings, (
        r"what (?:DO|BE) WHO (?:do|done|doing|been doing|up to)(?: (?:to|with) THING)?(?: AT)?",
    )),
    (asks(Kind.HAPPENED, action="say"), (
        r"what DO WHO SAY(?: about THING)?|what BE SAY(?: about THING)?",
    )),
    (asks(Kind.HAPPENED), (
        r"(?:history of THING|where (?:has|have) THING been(?: all)?|where all (?:has|was) THING(?: "
        r"been)?|which places BE THING (?:in|at))",
    )),
    (visits(Kind.DID), (
        r"(?:did|has|have|was|were|is|are) (?P<who>YOU|I|somebody|[a-z]+) ENTER SPOT",
    )),
    (asks(Kind.DID), (
        r"(?:did|have|has) WHO DONE THING(?: AT)?",
        r"(?:did|has|have|was|were|is|are) THING (?:been |still )?DONE(?: by WHO)?(?: AT)?",
    )),
    (asks(Kind.DID, action="moved", actor=""), (
        r"(?:is|are) THING where (?:it|they) (?:was|were|used to be)(?: before)?",
    )),
    (asks(Kind.COUNT), (
        r"MANY THING (?:BE |stand |lie |sit )(?:standing |lying |SEE |left )?AT",
        r"MANY (?:of )?THING(?: (?:BE|DO) (?:there|ME (?:SEE|have|know|HOLD|find)|exist))?(?: of)?(?: "
        r"AT)?",
        r"(?:what|how) (?:is|are) (?:the )?number of THING(?: AT)?",
    )),
    (asks(Kind.EXISTS), (
        r"BE there (?:still )?(?:any |some )?THING(?: (?:left|anywhere|somewhere|around|here))?(?: AT)?",
        r"(?:did|have|has|do|can) ME (?:SEE|have|find|know) THING(?: "
        r"(?:anywhere|somewhere|before|around))?(?: AT)?",
        r"(?:do|does|has|have) SPOT (?:have|contain|hold|HOLD) (?P<thing>[a-z0-9' -]+)",
        r"(?:is|are|was|were) THING (?:there|standing |lying |HOLD )?AT",
        r"DO THING exist(?: AT)?",
    )),
    (asks(Kind.CONTENTS), (
        r"what (?:else )?(?:KINDS )?(?:BE |DO ME SEE |DO ME find |lies |stands |sits |lay |stood |do "
        r"ME SEE )(?:there |SEE |standing |lying |kept |stored |located |placed |PLACE |left )?AT",
        r"WHAT KINDS (?:BE )?(?:there )?AT",
        r"what (?:do|does|did) SPOT (?:contain|have|hold|HOLD)(?: in it)?",
        r"(?:list|show)(?: all| everything| what is)?(?: KINDS)?(?: that)?(?: is| are)? AT",
        r"what DO ME SEE|what BE there|what DO ME know|everything|list everything|WHAT KINDS DO ME "
        r"(?:SEE|know)",
        r"(?:which|what|list|list all) THING(?: (?:BE|DO) (?:there|ME (?:SEE|have|know)))(?: AT)?",
        r"WHAT THING BE (?:there )?AT",
        r"list(?: all)?(?: of)?(?: the)? THING",
    )),
    (asks(Kind.WHERE), (
        r"(?:in|on|at) WHAT (?:room|place|furniture|piece of furniture|part of the house|shelf|table) "
        r"(?:BE|DO ME SEE) THING(?: last)?",
        r"WHAT (?:room|place|furniture|piece of furniture) (?:BE|DO ME SEE) THING(?: last)?(?: SEE)? "
        r"(?:in|on|at)",
        r"what BE THING (?:standing |lying )?(?:on|in|near)",
        r"where (?:DO|BE) ME (?:last )?(?:SEE|find|look for|search for|remember|know)(?: for)? THING"
        r"(?: last| recently| before)?",
        r"where (?:should|may|might|must) ME (?:look for|find|search for|search|SEE) THING",
        r"where (?:ME )(?:last )?(?:SEE|find) THING(?: last)?",
        r"where (?:BE|might|may|could) THING(?: (?:be|last|SEE|last SEE|SEE "
        r"last|located|kept|lying|hiding|standing|found))?",
        r"where THING (?:is|are|was|were|BE)(?: last)?(?: (?:SEE|located|kept))?",
        r"where (?:DO) THING (?:live|stand|lie|belong)",
        r"(?:find|locate|look for|search for|SEE|show)(?: YOU)? THING",
        r"(?:what (?:is|was) )?(?:the )?(?:last (?:known )?)?(?:location|position|place) of THING",
    )),
)  # fmt: skip
"""The first form that fits the whole sentence counts."""

GUESSES: tuple[tuple[Builder, tuple[str, ...]], ...] = (
    (asks(Kind.COUNT), (
        r".*\bhow many THING\b(?: (?:BE|DO|SEE|MOVE|ME|there).*| AT)?",
    )),
    (asks(Kind.WHERE), (
        r".*\b(?:lost|misplaced|looking for|search(?:ing)? for|need|want|find|forgot(?:ten)?) "
        r"(?P<thing>(?:the|my|a|an|[a-z]+'s) [a-z' -]+?)(?: where .*| and .*| in the .*)?",
        r"where\b.*?\bNAMED(?: SEE| last| PLACE)*",
    )),
    (asks(Kind.WHEN), (
        r"when\b.*?\bDONE NAMED",
    )),
    (asks(Kind.WHEN_SEEN), (
        r"when\b.*?\bNAMED(?: SEE| last)*",
    )),
    (asks(Kind.WHO), (
        r"who\b.*?\bDONE NAMED",
    )),
    (asks(Kind.CONTENTS), (
        r"what\b.*\b(?P<rel>on|in|near) (?P<place>the [a-z' -]+?)",
    )),
)  # fmt: skip
"""Read only if no form fits; an answer says how the question was read."""
