"""English as a row of tokens, each with the part that it plays; numbers and times are read here.

`tokenise` first joins what is said in several words ('last but one', 'half past eight', 'in any order').
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...perception.text import singular
from .lexicon import (
    ASIDE_VERBS,
    CARDINALS,
    FURNITURE,
    GOAL_VERBS,
    IGNORED,
    KNOWN_NAMES,
    ORDINALS,
    WORDS,
    Part,
)

MAX_CHARACTERS = 2000
_SHORT = {
    "n't": " not", "'ve": " have", "'re": " are", "'d": " had", "'ll": " will", "'m": " am",
    "cannot": "can not",
}  # fmt: skip
_HALF_DAY = r"(?: ?(am|pm|a\.m\.?|p\.m\.?)\b|(?: o'clock)? in the (morning|afternoon|evening))"
_HOUR = rf"(\d{{1,2}}|{'|'.join(list(CARDINALS)[1:13])})"
_DAY = r"(?: on (?:the )?day (\d+))?"


@dataclass(frozen=True)
class Token:
    """One word, or what stands for several."""

    part: Part
    text: str
    value: float = 0.0
    """Of ordinals and cardinals; of a time, in seconds."""
    day: int = 0

    @property
    def number(self) -> int:
        return int(self.value)


_GOAL = re.compile(
    rf"(?:(?<=^)|(?<=[.,:] )|(?<=\bthen )|(?<=\band )|(?<=\bnow )|(?<=\bto )|(?<=\bso )|(?<=\bplease ))"
    rf"(?:{GOAL_VERBS})"
    r"(?: (?:on|over|back|up|straight|directly|right|along|out|down|yourself|inside|again|once more))*"
    r"(?: (?:to|towards?|into|for|at|by|in|inside|near|next to|on|of)(?= ))*(?= |$)"
)
_ASIDE = re.compile(rf"(?:(?<=^)|(?<=[.,:] )|(?<=\bthen )|(?<=\band ))(?:{ASIDE_VERBS})(?= )")
_POLITE = re.compile(
    r"\b(?:please|kindly|could you|can you|would you(?: mind)?|will you|i (?:want|need|would like) you|"
    r"i had like you|i would like|(?:your|the) (?:task|goal|job|mission|aim|next goal|objective|destination)"
    r" (?:is|was)|you (?:need|have|are (?:asked|required|supposed))(?= to (?:go|nav|dri|hea|mov|ret|vis|rev|fin))|"
    r"you (?:should|must)(?: now)?|let us|let's|robot|hey|hi|okay|ok|thanks|thank you|i am looking|"
    r"try|be so kind as|it is time|make sure|i wish you|now(?= (?:go|nav|dri|hea|mov|ret|vis|fin|tak|mak)))\b"
)
# Each row: what is said, and the token word it becomes. Applied in turn.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"(?:in|by|with|following|using) (?:any|whatever|whichever|what ever|no particular|no special|no specific|"
     r"arbitrary|random|an arbitrary|a random|no fixed)(?: possible)? (?:order|sequence)"
     r"(?: (?:that )?you (?:like|want|prefer|wish|choose|please)| at all| will do| is fine)?", " .unordered "),
    (r"(?:and )?(?:the |their |which )?(?:visiting )?(?:order|sequence)(?: of (?:the )?(?:visits?|visiting|stops))?"
     r"(?: in which [^.,;]*)? (?:does not|do not|is not|makes no|is|has)"
     r"(?: \w+)? ?(?:matter|important|relevant|difference|irrelevant|unimportant|free|up to you|arbitrary|"
     r"importance)?(?= [.,;:]|$)", " .unordered "),
    (r"(?:regardless of|irrespective of|no matter|without regard (?:to|for)|whatever|ignoring) (?:in )?"
     r"(?:the |what |which |whatever )?(?:order|sequence)", " .unordered "),
    (r"(?:any|whichever|whatever) (?:order|sequence) (?:is fine|works|will do|is ok|goes|is okay)", " .unordered "),
    (r"in the (?:order|sequence)(?: in which| that| as)? you [^.,;:]*?(?=[.,;:]|$)", " "),
    (r"(?:in|by|follow(?:ing)?|keep(?:ing)?(?: to)?|respect(?:ing)?|with|observing|stick(?:ing)? to|obeying|using) "
     r"(?:exactly |precisely |just )?"
     r"(?:this|the following|that|the given|the stated|the listed|the specified|this exact|the exact|the order)"
     r"(?: (?:order|sequence))?(?: (?:given|stated|listed|below|specified))?(?= [.,;:]|$)", " .in_order "),
    (r"one after (?:the other|another)|one by one|in (?:that|this) (?:order|sequence)|in turn|in sequence|in succession",
     " .in_order "),
    (r"(?:in|by) (?:the )?(?:chronological |temporal |time )?(?:order|sequence)(?: of [a-z]+)?(?= [.,;:]|$)", " "),
    (r"\b(?:last but one|second to last|next to last|second[ -]last|one before (?:the )?last|last one but one)\b",
     " .ordinal=-2 "),
    (r"\bin between\b|\bsandwiched between\b|\bbetwixt\b", " between "),
    (r"\bfollowed by\b", " .before "), (r"\bpreceded by\b", " .after "),
    (r"\b(?:prior|previous|antecedent) to\b", " before "), (r"\bsubsequent to\b", " after "),
    (r"\b(?:later|further on) than\b", " after "), (r"\bearlier than\b|\bahead of\b", " before "),
    (r"\bas soon as\b|\bsubsequently to\b|\bupon(?= \w+ing\b)|\bin the wake of\b|\bcoming after\b", " after "),
    (r"\bby the time\b|\bleading up to\b", " before "),
    (r"\bwhich came after\b", " after "),
    (r"\b(?:on|onwards?|forwards?|ahead|further)(?: in time)? from\b|\bforwards?(?= the )|\bpast(?= the )", " after "),
    (r"\b(?:back|backwards?)(?: in time)? from\b", " before "),
    # distance
    (r"\b(?:the )?(?:longest|greatest|largest|most|maximum|biggest) (?:distance|way|drive|path|route|walk|trip|travel|"
     r"journey|travel distance)(?: away)?", " .far "),
    (r"\b(?:the )?(?:shortest|least|smallest|minimum) (?:distance|way|drive|path|route|walk|trip|journey)(?: away)?",
     " .near "),
    (r"\b(?:farthest|furthest|most distant|most remote|most far|remotest|farthermost|furthermost|most far away)"
     r"(?: away)?\b", " .far "),
    (r"\b(?:as )?far(?: away)? as possible\b", " .far "),
    (r"\b(?:closest|nearest|least distant|most nearby)\b", " .near "),
    (r"\b(?:away )?(?:from|to|relative to|with respect to|compared (?:to|with)|measured from) "
     r"(?:here|(?:where|wherever) (?:you|i) (?:are|stand|happen to be|find yourself)(?: now| currently| right now|"
     r" standing(?: now)?| at the moment| located| at present)*|(?:your|the|its) (?:current|present|own|actual|robot's)? ?"
     r"(?:current )?(?:position|location|place|pose|spot|whereabouts|standpoint|self)(?: now)?|this (?:spot|place|position"
     r"|point|location)|you(?: now| right now| currently| at the moment)?)(?= [.,;:]|$| (?:that|which|among|of|you|is|out))",
     " "),
    (r"\b(?:current|present)(?:ly)? (?:position|location|place|pose|spot)\b", " "),
    # durations
    (r"\b(?:the )?(?:longest|most|greatest|maximum|largest|biggest)(?: (?:amount|share|part|portion|bulk|total|sum|length))?"
     r"(?: of)?(?: (?:your|the|all|its))?(?: total)? (?:time|duration|minutes|period|while|stretch|hours)\b", " .most "),
    (r"\b(?:the )?(?:shortest|least|smallest|minimum|fewest|briefest)(?: (?:amount|share|part|length))?(?: of)?(?: total)?"
     r" (?:time|duration|minutes|period|while)\b", " .least "),
    (r"\b(?:longest|slowest|lengthiest|most slowly|most time consuming|most time-consuming|bulk)\b", " .most "),
    (r"\b(?:shortest|quickest|fastest|briefest|most quickly|swiftest|speediest|most swiftly)\b", " .least "),
    (r"(?<=stay in )most\b|(?<=stayed in )most\b|(?<=were in )most\b|(?<=been in )most\b|\bmost(?= often)|(?<=stayed )most\b",
     " .most "),
    # where a thing was, where it came
    (r"\b(?:before|until|till|prior to|ahead of) (?:you|your|being|it|its|the move|getting|they|i) ?"
     r"(?:had |have |was |were |got |being )?(?:\w+ ){0,2}?(?:it|them|moved|picked|taken|handled|touched|moving|"
     r"picking|move|handling|relocated|rearranged|carried|interaction|touching|rearranging|collected)"
     r"(?: (?:up|away|off|elsewhere|it|around))*(?= [.,;:]|$)", " .origin "),
    (r"\b(?:after|once|when|where) (?:you|being|it) ?(?:had |have |was |were |got )?(?:\w+ ){0,1}?"
     r"(?:moved|moving|relocating|relocated|rearranged) (?:it|them)?(?= [.,;:]|$)", " .destination "),
    (r"\b(?:at first|originally|initially|to begin with|in the beginning|at the start|at the outset|beforehand|"
     r"to start with|at the beginning|formerly|came from|come from|comes from|coming from|original|initial|"
     r"starting (?:place|spot|point|location|position|receptacle|furniture)|start of the move|home of|origin|"
     r"came off|come off|used to (?:be|lie|sit|stand|rest)|had been (?:lying|sitting|standing|resting|located)|"
     r"had (?:lain|sat|stood)|source|until then)\b", " .origin "),
    (r"\b(?:start|source|origin|starting point|beginning)(?: point)? (?:or|and|nor) (?:of )?(?:the )?(?:goal|destination|"
     r"target|end)(?: point)?(?: of)?", " furniture handle "),
    (r"\b(?:source|origin|starting point|original home|start)(?= of (?:the|your|that|a) )", " furniture .origin "),
    (r"\b(?:final )?(?:destination|goal|end point|target|final place)(?= of (?:the|your|that|a) )", " furniture .destination "),
    (r"\b(?:ended up|ends up|end up|ending up|wound up|finally came to rest|came to rest|has ended|landed|its new place|new (?:place|home|spot|location|position)|now (?:lies|rests|sits|stands|is)|"
     r"is now|goal of the move|the goal|finished up|came to lie)\b", " .destination "),
    # the start of the day
    (r"\b(?:you|i)(?: first)? (?:\w+ )?(?:started|began|begun|commenced|set out|set off)"
     r"(?: out| off| your (?:day|tour|journey|trip|run|episode)| the (?:day|episode|run)| moving)?(?: in| from| at)?"
     r"(?= [.,;:]|$| (?:if|when|should|in case|otherwise|provided|instead|unless|once))", " .start "),
    (r"\b(?:starting|start|initial|beginning|first) room\b|\broom (?:where|in which) (?:everything|it all) "
     r"(?:began|started)\b", " .start room "),
    (r"\bwhere (?:you|i)(?: \w+)? (?:started|began|begun|set out)\b", " .start room "),
    (r"\b(?:were|was) (?:at the (?:very )?)?(?:beginning|start)\b", " .start "),
    # rooms and stays
    (r"\b(?:have|has|had|did|do|were|was)(?: not| never)?(?: yet| ever)? (?:been|gone|set foot|stepped|driven|go|set|"
     r"been inside|step)(?: yet| ever)?(?: in| into| inside| to)\b", lambda m: f" {_negation(m[0])} visit "),  # type: ignore[list-item]
    (r"\b(?:been|gone|set foot|stepped|driven|went|were|set a wheel)(?: yet| ever)? (?:into|inside)\b", " visit "),
    (r"\byou (never|not) (?:went|were|stepped|set foot|drove|passed)(?: in| into| inside| through| to)?\b",
     r" you \1 visit "),
    (r"\b(?:no|without) (?:any )?(?:visits?|entry)\b", " not visit "),
    # what was left alone
    (r"\bleft (?:it |them )?(?:completely |entirely |totally )?(?:alone|untouched|where (?:it|they) (?:was|were|is|are)|"
     r"undisturbed|in (?:its|their) place|in place|as (?:it|they) (?:was|were)|unmoved|unused|be|as is)\b",
     " not handle "),
    (r"\bleave (?:alone|untouched|in place|undisturbed)\b", " not handle "),
    (r"\b(?:other than|apart from|aside from|except for|excluding|but not|not among|besides|outside of|different from)\b",
     " not "),
    (r"\b(?:had|has|have|having) nothing to do with\b|\bplayed no (?:part|role)\b|\bhad no (?:contact|interaction)s?\b"
     r"|\bno interactions?\b|\bnot involved\b|\bstayed (?:put|where (?:it|they) (?:was|were)|in place)\b|\bremained in place\b"
     r"|\bnot part of\b", " not handle "),
    (r"\b(?:had|has|have) to do with\b|\bplayed a (?:part|role)\b|\bmade use of\b|\bmake use of\b|\bworked (?:with|on|at)\b",
     " handle "),
    (r"\bfrom or to\b|\bto or from\b|\bfrom or onto\b|\bstart or (?:the )?goal\b", " handle "),
    (r"\.origin or (?:the )?\.destination", " handle "),
    # deeds in several words
    (r"\b(?:pick|pickup|picking|picked)[ -]ups?\b", lambda m: " pick_n " if m[0].endswith("s") else " pick "),  # type: ignore[list-item]
    (r"\b(?:get|got|getting|take|took) (?:a )?hold of\b", " picked "),
    (r"\b(?:laid|lay|laying|lays) down\b", " placed "), (r"\blaid\b", " placed "),
    (r"\bhands on\b", " handle "),
    # what it is for, of, like
    (r"\b(?:(?:that|which) (?:is|are|was|can be|could be|gets|serves|one|you|people) )?(?:normally |usually |typically |"
     r"commonly |mainly |mostly |generally )?(?:be )?(?:meant|used|useful|intended|designed|made|suited|suitable|good|"
     r"needed|serves?|serving|employed|there|handy|required|built|helpful) "
     r"(?:for|to|as)(?: the (?:purpose|function) of)?(?! you\b)\b", " .used_for "),
    (r"\b(?:whose|with the|having the|with a) (?:purpose|function|use|job|functionality|role)(?: (?:is|was|of|being))?"
     r"(?: for| to)?\b", " .used_for "),
    (r"\b(?:that|which) (?:serves|helps?(?: you)?|lets you|allows you|is) (?:for|with|in|to)\b", " .used_for "),
    (r"\bfor(?= (?:the )?[a-z]+ing\b)", " .used_for "),
    (r"\b(?:consists?|consisting|made|built|composed|manufactured|crafted|fashioned|constructed|formed)(?: out)?"
     r"(?: mainly| mostly)? (?:of|from|out of|in|with)\b|\bout of(?= (?:wood|metal|plastic|glass|ceramic|fabric|leather|paper))",
     " .made_of "),
    (r"\bwhose (?:main |primary )?material(?: is)?\b|\bwith the material\b", " .made_of "),
    (r"\b(?:decorated|printed|patterned|adorned|marked|covered|embellished|ornamented) (?:with|by|in)\b", " .print_of "),
    (r"\b(?:with|having|has|have|bears?|bearing|carries|shows?|showing|featuring|features|wears?|sporting|sports)"
     r"(?: on it)? (?:a|an|the|some)? ?(?=(?:[a-z-]+ ){1,2}(?:print|pattern|design|motif|decoration|on it)s?\b)",
     " .print_of "),
    (r"\b(?:whose|with the|with a|of|in a|in the|having a|has a|has the) (?:print|pattern|design|motif)(?: is| of)?\b",
     " .print_of "),
    (r"\b(?:whose|with the|with a|of|in the|having a|has a|has the|of the) (?:shape|form|outline)(?: is| of)?(?: an?)?\b|"
     r"\bshaped like(?: an?)?\b", " .shape_of "),
    (r"\b(?:whose|with the|with a|of|in the|having a|has a|has the|in) (?:colou?r)(?: is| of)?\b", " .color_of "),
    (r"\b(?:in|of)(?= (?:red|blue|green|yellow|black|white|gray|grey|silver|orange|turquoise|navy|purple|pink|brown|beige|"
     r"gold|violet)\b(?: colou?r)?)", " .color_of "),
    (r"\b(?:pair|set|loaf|head|roll|tube|bunch|slice|bar|piece|cup|sheet)s? of (?=(?:headphones|shelves|bread|cheese|lettuce|"
     r"building|stacking|pliers|scissors|sunglasses|toilet|toothpaste|glasses|soap|blocks|rings|paper|cake|pizza|shoes|"
     r"boots|sneakers|gloves|socks))", " "),
    (r"\b(?:stack|pile|ream) of papers?\b", " paper_stack "),
    (r"\b(?:pieces|items|bits) of furniture\b", " furnitures "), (r"\b(?:piece|item|bit) of furniture\b", " furniture "),
    (r"\bparts? of the (?:house|home|apartment|flat)\b", " room "),
)  # fmt: skip


def _negation(text: str) -> str:
    return "not" if re.search(r"\b(?:not|never)\b", text) else ""


def plain(text: str) -> str:
    """Lower case, no contractions or politeness, punctuation as words of its own."""
    line = re.sub(r"[\x00-\x1f\x7f]+", " ", text[:MAX_CHARACTERS]).lower()
    line = line.replace("’", "'").replace("‘", "'").replace("->", ",").replace("→", ",")
    line = re.sub(r"\b(a|p)\.m\.?(?=\W|$)", r"\1m", line)
    line = re.sub(r"(?:--|[—–])", " ; ", line)
    for short, long in _SHORT.items():
        line = re.sub(rf"{short}\b", long, line)
    line = re.sub(r"(?<=\w)'s\b", "", line) if "o'clock" not in line else line
    line = re.sub(r"(?<=[a-z])[-/](?=[a-z])", " ", line)
    line = re.sub(r"(\d)-(?=[a-z])", r"\1 ", line)
    line = re.sub(r"[\"“”`*_]+|'(?!clock)", " ", line)
    line = re.sub(r"[()\[\]{}]", " , ", line)
    line = _read_times(line)
    line = re.sub(r"[.;?!]+(?=\s|$)", " . ", line)
    line = re.sub(r"([,;:?!])", r" \1 ", line).replace(";", ".").replace("?", ".").replace("!", ".")
    line = " ".join(line.split())
    line = _POLITE.sub(" ", line)
    return " ".join(line.split()).lstrip("., :")


def tokenise(text: str) -> list[Token]:
    """All tokens of a text; words that nobody knows are names of things."""
    line = plain(text)
    line = re.sub(r"(?<![\w.])(?:to )(?=[a-z])", "to ", line)
    line = _GOAL.sub(" .goal ", f"{line} ").strip()
    line = re.sub(r"\.goal (?=(?:and|then|to) \.goal)", "", line)
    line = _ASIDE.sub(" .aside ", line)
    for pattern, word in _PHRASES:
        line = re.sub(pattern, word, " ".join(line.split()))
    return _repaired([_token_of(word) for word in _join_names(line.split())])


def _token_of(word: str) -> Token:
    if word.startswith(".") and len(word) > 1:
        return _marked(word[1:])
    if word in (".", ",", ":"):
        return Token(Part.STOP if word == "." else Part.COMMA, word)
    if word in WORDS:
        return Token(WORDS[word], word)
    if word in ORDINALS:
        return Token(Part.ORDINAL, word, ORDINALS[word])
    number = re.fullmatch(r"(\d+)(st|nd|rd|th)?", word)
    if number:
        part = Part.ORDINAL if number[2] else Part.CARDINAL
        return Token(part, word, int(number[1][:6]))
    if word in CARDINALS:
        return Token(Part.CARDINAL, word, CARDINALS[word])
    if word in ("times", "twice"):
        return Token(Part.OTHER, word)
    if word in IGNORED:
        return Token(Part.OTHER, word)
    return Token(Part.NAME, word)


def _marked(word: str) -> Token:
    """'.time=30600:2' and the like, as `_PHRASES` and `_read_times` write them."""
    name, _, value = word.partition("=")
    number, _, day = value.partition(":")
    if name in ("print_of", "shape_of", "color_of"):
        return Token(Part.LOOKS, name.removesuffix("_of"))
    part = Part(name.replace("_", " "))
    return Token(part, word, float(number or 0), int(day or 0))


def _join_names(words: list[str]) -> list[str]:
    """'chest of drawers' -> 'chest_of_drawers'; so too what synonyms know as one name."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            name = "_".join(
                [*words[at : at + length - 1], singular(words[min(at + length, len(words)) - 1])]
            )
            plural = "_".join(words[at : at + length])
            if length == 1 or name in KNOWN_NAMES or plural in KNOWN_NAMES:
                joined.append(plural)
                at += length
                break
    return joined


def _repaired(tokens: list[Token]) -> list[Token]:
    """Words whose part hangs on their neighbours."""
    found = list(tokens)
    for at, token in enumerate(found):
        before = found[at - 1] if at else Token(Part.STOP, ".")
        after = found[at + 1] if at + 1 < len(found) else Token(Part.STOP, ".")
        found[at] = replace(token, part=_part_between(before, token, after))
    return found


_NOUNS = (Part.OBJECT, Part.RECEPTACLE, Part.ROOM, Part.NAME, Part.ONE, Part.ORDINAL, Part.ROUND)
_DETERMINERS = (Part.ARTICLE, Part.ALL, Part.ORDINAL, Part.NEXT)
_SUBJECTS = (Part.YOU,)


def _part_between(before: Token, token: Token, after: Token) -> Part:
    text, part = token.text, token.part
    is_determined = before.part in _DETERMINERS or before.text in (
        "this",
        "which",
        "these",
        "those",
    )
    if text in ("place", "places", "position", "spot"):
        is_verb = (
            before.part in (Part.YOU, Part.AUXILIARY, Part.NOT, Part.AND) and not is_determined
        )
        return Part.PLACE if is_verb else Part.RECEPTACLE
    if text in ("that", "this", "these", "those"):
        if after.part in (Part.STOP, Part.COMMA, Part.AND):
            return Part.PRONOUN
        is_noun = after.part in (*_NOUNS, Part.NEXT) and (
            text != "that" or before.part is not Part.NAME
        )
        is_relative = text == "that" and before.part in (*_NOUNS,)
        return Part.ARTICLE if is_noun and not is_relative else Part.WHICH
    if text in ("move", "pick", "moves", "transfer", "handling", "handle") and is_determined:
        return Part.ROUND if after.part not in _NOUNS else part
    if text == "round" and (after.part in _NOUNS or before.part is Part.AUXILIARY):
        return Part.NAME
    if text == "set" and is_determined and after.part is Part.OF:
        return Part.OTHER
    if text in ("left", "right") and before.part in _SUBJECTS and text == "left":
        return Part.PLACE
    if text in ("last", "first", "next") and after.part is Part.GOAL:
        return Part.OTHER
    if text == "one" and after.part in (
        Part.OF,
        Part.OBJECT,
        Part.RECEPTACLE,
        Part.ROOM,
        Part.NAME,
    ):
        return Part.ARTICLE
    if text == "off" and before.part is Part.PLACE:
        return Part.OTHER
    if part is Part.NAME and text not in KNOWN_NAMES and before.part is Part.YOU:
        return Part.HANDLE
    return part


def _read_times(line: str) -> str:
    """Times of day as '.time=<seconds>:<day>'."""
    line = re.sub(r"\b(?:at )?(?:noon|midday)\b", f" .time={12 * 3600} ", line)
    line = re.sub(
        rf"\b(half|(?:a )?quarter|{_HOUR}(?: minutes)?) (past|to|after) {_HOUR}(?: o'clock)?{_HALF_DAY}?{_DAY}(?!\w)",
        _relative_time, line,
    )  # fmt: skip
    line = re.sub(
        rf"\b(\d{{1,2}})[:.h](\d{{2}})(?::(\d{{2}}))?(?: (?:hours|hrs|o'clock|h))?{_HALF_DAY}?{_DAY}(?!\w)",
        lambda m: _time(int(m[1]), int(m[2]), int(m[3] or 0), m[4] or m[5], m[6]) or m[0], line,
    )  # fmt: skip
    line = re.sub(
        rf"\b(\d{{2}})(\d{{2}}) (?:hours|hrs|h)\b{_DAY}",
        lambda m: _time(int(m[1]), int(m[2]), 0, None, m[3]) or m[0], line,
    )  # fmt: skip
    line = re.sub(
        rf"\b{_HOUR}(?:{_HALF_DAY}| o'clock){_DAY}(?!\w)",
        lambda m: _time(_hour(m[1]), 0, 0, m[2] or m[3], m[4]) or m[0], line,
    )  # fmt: skip
    return line


def _relative_time(found: re.Match[str]) -> str:
    word, spelled, side, hour_word = found[1], found[2], found[3], found[4]
    if side == "after" and spelled is None:
        return found[0]
    minutes = 30 if word == "half" else 15 if word.endswith("quarter") else _hour(spelled)
    hour = _hour(hour_word) - (side == "to")
    if spelled and side == "to" and "minute" not in word:
        return found[0]
    text = _time(hour, 60 - minutes if side == "to" else minutes, 0, found[5] or found[6], found[7])
    return text or found[0]


def _time(hour: int, minute: int, second: int, half: str | None, day: str | None) -> str:
    if hour > 24 or minute > 59 or second > 59:
        return ""
    if half and hour <= 12:
        is_late = half.startswith("p") or half in ("afternoon", "evening")
        hour = hour % 12 + 12 * is_late
    return f" .time={hour * 3600 + minute * 60 + second}:{int(day or 0)} "


def _hour(word: str) -> int:
    return CARDINALS[word] if word in CARDINALS else int(word)


def is_furniture(name: str) -> bool:
    """Whether a name is one of furniture: by its last word, or as a whole."""
    joined = "_".join(name.split())
    last = joined.split("_")[-1]
    if joined in FURNITURE or singular(joined) in FURNITURE:
        return True
    return last in FURNITURE or singular(last) in FURNITURE
