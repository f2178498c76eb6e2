"""Sentences as plain words, with the verbs that matter as symbols in capitals.

"Where's the mug I've grabbed?" becomes "where is the mug YOU PICK": what means the same reads the same,
and a symbol can never be taken for a part of a name.
"""

from __future__ import annotations

import re

MAX_CHARACTERS = 400
_SHORT = {
    "n't": " not", "'ve": " have", "'ll": " will", "'re": " are", "'m": " am", "'d": " did",
}  # fmt: skip
_IS_SHORT = re.compile(r"\b(where|what|who|when|how|there|it|that|here|which)(?:'s|s(?= the\b))")
_POLITE = re.compile(
    r"^(?:(?:hey|hi|hello|ok|okay|so|and|well|please|robot|now|say|sorry)[, ]+)*"
    r"(?:(?:can|could|would|will) you (?:please )?(?:tell|show|remind) me |(?:please )?tell me "
    r"|remind me |do you (?:still )?(?:know|remember|recall) "
    r"(?=(?:where|what|who|when|how|which|if|whether)\b)"
    r"|i (?:want|would like|need) to know |i wonder |any idea "
    r"|can you (?=find|see|remember)|(?:please )?(?=find|locate|count|list))?"
    r"(?:please )?(?:if |whether )?(?:please )?"
)
_TAIL = re.compile(
    r"(?:,? (?:please|then|right now|now|currently|at the moment|exactly|again|in the house|at home"
    r"|overall|in total|altogether|so far|to date|until now|anyway|already|yet|today\?))+$"
)
_SAME = (
    # phrase, what it is read as; in this order
    (r"\bon top of\b|\bupon\b|\bonto\b|\batop\b", "on"),
    (r"\b(?:next|close|nearest) to\b|\bin front of\b|\bbeside\b|\baround(?= the)\b|\bnearby\b", "near"),
    (r"\binside(?: of)?\b|\bwithin(?= the)\b|\binto\b", "in"),
    (r"\bwhereabouts\b", "where"),
    (r"\bwhat kinds? of\b", "which"),
    (r"\bat (?:what|which) time\b|\bwhat time\b|\bhow long ago\b", "when"),
    (r"\bhow often\b|\bhow many times\b", "how often"),
    (r"\b(?:amount|number) of\b", "number of"),
    (r"\bmost recent(?:ly)?\b|\blatest\b|\blastly\b|\bfinal\b", "last"),
    (r"\bsecond (?:to )?last\b|\blast but one\b|\bpenultimate\b", "-2th"),
    (r"\b(?:initially|to begin with|at first)\b", "first"),
    (r"\bsomebody|someone|anybody|anyone|any person\b", "somebody"),
    (r"\beverything|all (?:the )?(?:things|objects|items)\b", "everything"),
    (r"\bfavorite\b", "favourite"),
    (r"\bprior to\b|\bearlier than\b", "before"),
    (r"\b(?:immediately|right|just|directly|shortly) (?=before|after)", ""),
    (r"\bfollowing\b", "after"),
    (r"\b(?:the )?(?:robot|agent)\b", "YOU"),
    (r"\byour (?:hands?|gripper|arm)\b", "YOUR-HAND"),
)  # fmt: skip
_VERBS = (
    # symbol, forms; of two words first
    ("PICK", r"(?:pick|picked|picking|take|took|taken|taking|grab|grabbed|lift|lifted|get|got) up|"
             r"pick|picked|picking|take|took|taken|taking|grab|grabbed|lifted|fetch|fetched|collected|"
             r"removed?|handled?|(?<=YOU )(?:get|got)"),
    ("PLACE", r"(?:put|set|lay|laid|place|placed|drop|dropped)(?: back)? down|put back|put away|"
              r"(?:put|placed|dropped|laid|deposited|stored|set)|(?<=YOU )(?:place|drop|lay|leave|store)"),
    ("MOVE", r"moved|moving|relocated|shifted|displaced|carried|brought|transported|rearranged|"
             r"(?<=YOU )(?:move|carry|bring)|(?<=did )(?:move|change place)|move(?=$| (?:the|my|a|an)\b)"),
    ("TURNON", r"(?:turn|turned|switch|switched) on"),
    ("TURNOFF", r"(?:turn|turned|switch|switched) off"),
    ("OPEN", r"opened|(?<=YOU )open"),
    ("CLOSE", r"closed|shut|(?<=YOU )close"),
    ("SAY", r"said|told|mentioned|(?<=YOU )say|(?<=did )say|(?<=[a-z] )say$"),
    ("ENTER", r"entered|enter|(?:go|went|gone|come|came|walk|walked|drive|drove) (?:in|to)(?= )|"
              r"visited|visit|been (?:in|to)(?= )"),
    ("LEAVE", r"left(?= the)"),
    ("SEE", r"saw|seen|see|spotted|spot|noticed|notice|observed|observe|detected|detect|"
            r"encountered|came across|come across"),
    ("HOLD", r"holding|holds|hold|held|carrying|gripping"),
)  # fmt: skip
ACTIONS = {
    "PICK": "pick", "PLACE": "place", "MOVE": "moved", "TURNON": "turn_on", "TURNOFF": "turn_off",
    "OPEN": "open", "CLOSE": "close", "SAY": "say", "ENTER": "enter_room", "LEAVE": "leave_room",
}  # fmt: skip
_PARTICLE = re.compile(
    r"\b(PICK|PLACE) ((?:the |a |an |my |his |her |it\b)[a-z' -]*?) ?\b(?:up|down|away|back)\b"
)
_TURNED = re.compile(r"\b(?:turn|turned|switch|switched) ((?:the |a |my )?[a-z' -]+?) (on|off)\b")


def plain_sentence(text: str) -> str:
    """Lower case without marks, short forms, courtesies; '' for nothing."""
    plain = " ".join(text.lower().replace("’", "'").replace("_", " ").split())
    plain = _IS_SHORT.sub(r"\1 is", plain)
    plain = plain.replace("can't", "can not").replace("won't", "will not")
    for short, long in _SHORT.items():
        plain = re.sub(rf"{short}\b", long, plain)
    plain = re.sub(r"[?!;\"“”()]+|\.(?=\s|$)", " ", plain).strip(" ,")
    plain = re.sub(r",(?=\s|$)", " ,", plain)
    plain = " ".join(plain.replace(" ,", ",").split())
    plain = _POLITE.sub("", plain, count=1)
    return " ".join(_TAIL.sub("", plain).replace(",", "").split())


def with_symbols(plain: str) -> str:
    """The same with verbs and whom they are about as symbols: 'i have seen it' -> 'have YOU SEE it'."""
    for pattern, word in _SAME:
        plain = re.sub(pattern, word, plain)
    plain = re.sub(r"\b(?:you|i|we|me)\b", lambda m: "I" if m[0] == "i" else "YOU", plain)
    plain = re.sub(r"\b(have|did|do|has) not (YOU|I)\b", r"\1 \2 not", plain)
    plain = _TURNED.sub(lambda m: f"TURN{m[2].upper()} {m[1]}", plain)
    for symbol, forms in _VERBS:
        forms = forms.replace("(?<=YOU )", "(?:(?<=YOU )|(?<=I ))")
        plain = re.sub(rf"\b(?:{forms})\b", symbol, plain)
    plain = _PARTICLE.sub(r"\1 \2", plain)
    plain = re.sub(r"\b(YOU|I) (?:have|has|had|did|do|am|was|were) (?=[A-Z])", r"\1 ", plain)
    plain = re.sub(r"\b(?:ever|actually|really|also|still)\b", "", plain)
    return " ".join(plain.split())
