"""What is said in several words, and the token that stands for it.

Each row is a pattern and what replaces it; they are applied in turn, so a later one may build on an
earlier one. A word with a dot names a `Part` of the lexicon (or a side of an attribute); other words
go on to be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .lexicon import CARDINALS


def _numbered(found: re.Match[str]) -> str:
    """'number three' is the third."""
    word = found[1]
    return f" .ordinal={CARDINALS.get(word) or int(word[:6])} "


def _negation(found: re.Match[str]) -> str:
    is_negated = re.search(r"\b(?:not|never)\b", found[0])
    return " not visit " if is_negated else " visit "


def _pick(found: re.Match[str]) -> str:
    return " pick_n " if found[0].endswith("s") else " pick "


# fmt: off
IDIOMS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (
        r"\b(?:all|the whole|the entire|during the|in the|over the|of the)(?: whole)? (?:day|morning|"
        r"episode|afternoon|tour)\b",
        " ",
    ),
    (
        r"\bno longer\b|\b(?:the|your|a) (?:clock|watch) (?:said|showed|read|shows|says|was at|stood "
        r"at)\b",
        " ",
    ),
    (rf"\b(?:number|no|nr) ({'|'.join(list(CARDINALS)[1:])}|\d+)\b", _numbered),
    (r"\bnext but one\b|\bone after (?:the )?next\b|\bafter next\b", " .ordinal=2 "),
    (
        r"\bin an? (?:order|sequence) of your (?:own )?(?:choice|choosing|liking)\b|\bin your (?:own|"
        r"preferred) order\b|\b(?:however|as|whichever way|any way) you (?:like|please|wish|want|"
        r"prefer)\b",
        " .unordered ",
    ),
    (
        r"\bwhen you (?:were|had|are|have) (?:been )?(?:done|finished|through|ready|completed)\b|"
        r"\bhaving (?=(?:\w+ ){1,4}(?:the|a|an|your)\b)",
        " after ",
    ),
    (
        r"\b(?:longer|more time|more minutes|slower)(?: than| to \w+ than) (?:any|all|every|each)(?: "
        r"of the)? ?others?\b",
        " .most ",
    ),
    (
        r"\b(?:less time|fewer minutes|quicker|shorter|faster|less long)(?: than| to \w+ than) (?:any|"
        r"all|every|each)(?: of the)? ?others?\b",
        " .least ",
    ),
    (r"\b(?:farther|further)(?: away)? than (?:any|all|every|each)(?: of the)? ?others?\b", " .far "),
    (r"\blet (?:it )?go of\b|\blet (?:it )?go\b", " placed "),
    (r"\byet to\b", " not "),
    (r"\b(?:came across|stumbled (?:up)?on|discovered)\b", " picked "),
    (
        r"\b(?:a |your )?(?:pick|pickup|picking) (?:or|and|nor) (?:an? |your )?(?:place|placement|"
        r"placing|put down)\b",
        " handle ",
    ),
    (
        r"\b(?:got|received|receives|was given|gained|took in) (?=(?:an?|the|some|any|one|"
        r"your)\b[^.,]* (?:from|by) you\b)",
        " .destination ",
    ),
    (
        r"\b(?:took|take|takes|taking|had|have|played|plays) (?:no|any) (?:part|role|share)\b",
        " not handle ",
    ),
    (r"\b(?:took|take|takes|taking) part\b", " handle "),
    (r"\bend(?:ing)? points?\b|\bfinal points?\b", " .destination "),
    (
        r"(?:in|by|with|following|using) (?:any|whatever|whichever|what ever|no particular|no special|"
        r"no specific|arbitrary|random|an arbitrary|a random|no fixed)(?: possible)? (?:order|"
        r"sequence)(?: (?:that )?you (?:like|want|prefer|wish|choose|please)| at all| will do| is "
        r"fine)?",
        " .unordered ",
    ),
    (
        r"(?:and )?(?:the |their |which )?(?:visiting )?(?:order|sequence)(?: of (?:the )?(?:visits?|"
        r"visiting|stops))?(?: in which [^.,;]*)? (?:does not|do not|is not|makes no|is|has)(?: \w+)? "
        r"?(?:matter|important|relevant|difference|irrelevant|unimportant|free|up to you|arbitrary|"
        r"importance)?(?= [.,;:]|$)",
        " .unordered ",
    ),
    (
        r"(?:regardless of|irrespective of|no matter|without regard (?:to|for)|whatever|ignoring) "
        r"(?:in )?(?:the |what |which |whatever )?(?:order|sequence)",
        " .unordered ",
    ),
    (
        r"(?:any|whichever|whatever) (?:order|sequence) (?:is fine|works|will do|is ok|goes|is okay)",
        " .unordered ",
    ),
    (r"in the (?:order|sequence)(?: in which| that| as)? you [^.,;:]*?(?=[.,;:]|$)", " "),
    (
        r"(?:in|by|follow(?:ing)?|keep(?:ing)?(?: to)?|respect(?:ing)?|with|observing|stick(?:ing)? "
        r"to|obeying|using) (?:exactly |precisely |just )?(?:this|the following|that|the given|the "
        r"stated|the listed|the specified|this exact|the exact|the order)(?: (?:order|sequence))?(?: "
        r"(?:given|stated|listed|below|specified))?(?= [.,;:]|$)",
        " .in_order ",
    ),
    (
        r"one after (?:the other|another)|one by one|in (?:that|this) (?:order|sequence)|in turn|in "
        r"sequence|in succession",
        " .in_order ",
    ),
    (
        r"(?:in|by) (?:the )?(?:chronological |temporal |time )?(?:order|sequence)(?: of [a-z]+)?(?= "
        r"[.,;:]|$)",
        " ",
    ),
    (
        r"\b(?:last but one|second to last|next to last|second[ -]last|one before (?:the )?last|last "
        r"one but one)\b",
        " .ordinal=-2 ",
    ),
    (r"\bin between\b|\bsandwiched between\b|\bbetwixt\b", " between "),
    (r"\bfollowed by\b", " .before "),
    (r"\bpreceded by\b", " .after "),
    (r"\b(?:prior|previous|antecedent) to\b", " before "),
    (r"\bsubsequent to\b", " after "),
    (r"\b(?:later|further on) than\b", " after "),
    (r"\bearlier than\b|\bahead of\b", " before "),
    (
        r"\bas soon as\b|\bsubsequently to\b|\bupon(?= \w+ing\b)|\bin the wake of\b|\bcoming after\b",
        " after ",
    ),
    (r"\bby the time\b|\bleading up to\b", " before "),
    (r"\bwhich came after\b", " after "),
    (
        r"\b(?:on|onwards?|forwards?|ahead|further)(?: in time)? from\b|\bforwards?(?= the )|"
        r"\bpast(?= the )",
        " after ",
    ),
    (r"\b(?:back|backwards?)(?: in time)? from\b", " before "),
    # distance
    (
        r"\b(?:the )?(?:longest|greatest|largest|most|maximum|biggest) (?:distance|way|drive|path|"
        r"route|walk|trip|travel|journey|travel distance)(?: away)?",
        " .far ",
    ),
    (
        r"\b(?:the )?(?:shortest|least|smallest|minimum) (?:distance|way|drive|path|route|walk|trip|"
        r"journey)(?: away)?",
        " .near ",
    ),
    (
        r"\b(?:farthest|furthest|most distant|most remote|most far|remotest|farthermost|furthermost|"
        r"most far away)(?: away)?\b",
        " .far ",
    ),
    (r"\b(?:as )?far(?: away)? as possible\b", " .far "),
    (r"\b(?:closest|nearest|least distant|most nearby)\b", " .near "),
    (
        r"\b(?:away )?(?:from|to|relative to|with respect to|compared (?:to|with)|measured from) "
        r"(?:here|(?:where|wherever) (?:you|i) (?:are|stand|happen to be|find yourself)(?: now| "
        r"currently| right now| standing(?: now)?| at the moment| located| at present)*|(?:your|the|"
        r"its) (?:current|present|own|actual|robot's)? ?(?:current )?(?:position|location|place|pose|"
        r"spot|whereabouts|standpoint|self)(?: now)?|this (?:spot|place|position|point|location)|"
        r"you(?: now| right now| currently| at the moment)?)(?= [.,;:]|$| (?:that|which|among|of|you|"
        r"is|out))",
        " ",
    ),
    (r"\b(?:current|present)(?:ly)? (?:position|location|place|pose|spot)\b", " "),
    # durations
    (
        r"\b(?:the )?(?:longest|most|greatest|maximum|largest|biggest)(?: (?:amount|share|part|"
        r"portion|bulk|total|sum|length))?(?: of)?(?: (?:your|the|all|its))?(?: total)? (?:time|"
        r"duration|minutes|period|while|stretch|hours)\b",
        " .most ",
    ),
    (
        r"\b(?:the )?(?:shortest|least|smallest|minimum|fewest|briefest)(?: (?:amount|share|part|"
        r"length))?(?: of)?(?: total)? (?:time|duration|minutes|period|while)\b",
        " .least ",
    ),
    (r"\bmost of (?:the|your|its) (?:day )?(?:time|day|hours|episode)\b", " .most "),
    (
        r"\b(?:longest|slowest|lengthiest|most slowly|most time consuming|most time-consuming|bulk)\b",
        " .most ",
    ),
    (
        r"\b(?:shortest|quickest|fastest|briefest|most quickly|swiftest|speediest|most swiftly)\b",
        " .least ",
    ),
    (
        r"(?<=stay in )most\b|(?<=stayed in )most\b|(?<=were in )most\b|(?<=been in )most\b|\bmost(?= "
        r"often)|(?<=stayed )most\b",
        " .most ",
    ),
    # the start of the day
    (
        r"\b(?:you|i)(?: first)? (?:\w+ )?(?:started|began|begun|commenced|set out|set off)(?: out| "
        r"off| your (?:day|tour|journey|trip|run|episode)| the (?:day|episode|run)| moving)?(?: in| "
        r"from| at)?(?= [.,;:]|$| (?:if|when|should|in case|otherwise|provided|instead|unless|once))",
        " .start ",
    ),
    (
        r"\b(?:starting|start|initial|beginning|first) room\b|\broom (?:where|in which) (?:everything|"
        r"it all) (?:began|started)\b",
        " .start room ",
    ),
    (
        r"\b(?:where|in which) (?:your|the|its) (?:day|tour|run|journey|work|trip|episode|shift) "
        r"(?:began|started|commenced)\b",
        " .start room ",
    ),
    (r"\bwhere (?:you|i)(?: \w+)? (?:started|began|begun|set out)\b", " .start room "),
    (r"\b(?:were|was) (?:at the (?:very )?)?(?:beginning|start)\b", " .start "),
    # where a thing was, where it came
    (
        r"\b(?:before|until|till|prior to|ahead of) (?:you|your|being|it|its|the move|getting|they|i) "
        r"?(?:had |have |was |were |got |being )?(?:\w+ ){0,2}?(?:it|them|moved|picked|taken|handled|"
        r"touched|moving|picking|move|handling|relocated|rearranged|carried|interaction|touching|"
        r"rearranging|collected)(?: (?:up|away|off|elsewhere|it|around))*(?= [.,;:]|$)",
        " .origin ",
    ),
    (
        r"\b(?:after|once|when|where) (?:you|being|it) ?(?:had |have |was |were |got )?(?:\w+ "
        r"){0,1}?(?:moved|moving|relocating|relocated|rearranged) (?:it|them)?(?= [.,;:]|$)",
        " .destination ",
    ),
    (
        r"\b(?:at first|originally|initially|to begin with|in the beginning|at the start|at the "
        r"outset|beforehand|to start with|at the beginning|formerly|came from|come from|comes from|"
        r"coming from|original|initial|starting (?:place|spot|point|location|position|receptacle|"
        r"furniture)|start of the move|home of|origin|came off|come off|used to (?:be|lie|sit|stand|"
        r"rest)|had been (?:lying|sitting|standing|resting|located)|had (?:lain|sat|stood)|source|"
        r"until then)\b",
        " .origin ",
    ),
    (
        r"\b(?:start|source|origin|starting point|beginning)(?: point)? (?:or|and|nor) (?:of )?(?:the "
        r")?(?:goal|destination|target|end)(?: point)?(?: of)?",
        " furniture handle ",
    ),
    (
        r"\b(?:source|origin|starting point|original home|start)(?= of (?:the|your|that|a) )",
        " furniture .origin ",
    ),
    (
        r"\b(?:final )?(?:destination|goal|end point|target|final place)(?= of (?:the|your|that|a) )",
        " furniture .destination ",
    ),
    (
        r"\b(?:ended up|ends up|end up|ending up|wound up|finally came to rest|came to rest|has ended|"
        r"landed|its new place|new (?:place|home|spot|location|position)|now (?:lies|rests|sits|"
        r"stands|is)|is now|goal of the move|the goal|finished up|came to lie)\b",
        " .destination ",
    ),
    # rooms and stays
    (
        r"\b(?:have|has|had|did|do|were|was)(?: not| never)?(?: yet| ever)? (?:been|gone|set foot|"
        r"stepped|driven|go|set|been inside|step)(?: yet| ever)?(?: in| into| inside| to)\b",
        _negation,
    ),
    (
        r"\b(?:been|gone|set foot|stepped|driven|went|were|set a wheel)(?: yet| ever)? (?:into|"
        r"inside)\b",
        " visit ",
    ),
    (
        r"\byou (never|not) (?:went|were|stepped|set foot|drove|passed)(?: in| into| inside| through| "
        r"to)?\b",
        " you \\1 visit ",
    ),
    (r"\b(?:no|without) (?:any )?(?:visits?|entry)\b", " not visit "),
    # what was left alone
    (
        r"\bleft (?:it |them )?(?:completely |entirely |totally )?(?:alone|untouched|where (?:it|"
        r"they) (?:was|were|is|are)|undisturbed|in (?:its|their) place|in place|as (?:it|they) (?:was|"
        r"were)|unmoved|unused|be|as is)\b",
        " not handle ",
    ),
    (r"\bleave (?:alone|untouched|in place|undisturbed)\b", " not handle "),
    (
        r"\b(?:other than|apart from|aside from|except for|excluding|but not|not among|besides|"
        r"outside of|different from)\b",
        " not ",
    ),
    (
        r"\b(?:had|has|have|having) nothing to do with\b|\bplayed no (?:part|role)\b|\bhad no "
        r"(?:contact|interaction)s?\b|\bno interactions?\b|\bnot involved\b|\bstayed (?:put|where "
        r"(?:it|they) (?:was|were)|in place)\b|\bremained in place\b|\bnot part of\b",
        " not handle ",
    ),
    (
        r"\b(?:had|has|have) to do with\b|\bplayed a (?:part|role)\b|\bmade use of\b|\bmake use of\b|"
        r"\bworked (?:with|on|at)\b",
        " handle ",
    ),
    (r"\bfrom or to\b|\bto or from\b|\bfrom or onto\b|\bstart or (?:the )?goal\b", " handle "),
    (r"\.origin or (?:the )?\.destination", " handle "),
    # deeds in several words
    (r"\b(?:pick|pickup|picking|picked)[ -]ups?\b", _pick),
    (r"\b(?:get|got|getting|take|took) (?:a )?hold of\b", " picked "),
    (r"\b(?:laid|lay|laying|lays) down\b", " placed "),
    (r"\blaid\b", " placed "),
    (r"\b(?:hands on|in (?:your|the|its) (?:gripper|hand|hands|grasp|arm|grip|claw))\b", " handle "),
    # what it is for, of, like
    (
        r"\b(?:(?:that|which) (?:is|are|was|can be|could be|gets|serves|one|you|people) )?(?:normally "
        r"|usually |typically |commonly |mainly |mostly |generally )?(?:be )?(?:meant|used|useful|"
        r"intended|designed|made|suited|suitable|good|needed|serves?|serving|employed|there|handy|"
        r"required|built|helpful) (?:for|to|as)(?: the (?:purpose|function) of)?(?! you\b)\b",
        " .used_for ",
    ),
    (
        r"\b(?:whose|with the|having the|with a) (?:purpose|function|use|job|functionality|role)(?: "
        r"(?:is|was|of|being))?(?: for| to)?\b",
        " .used_for ",
    ),
    (
        r"\b(?:that|which) (?:serves|helps?(?: you)?|lets you|allows you|is) (?:for|with|in|to)\b",
        " .used_for ",
    ),
    (r"\bfor(?= (?:the )?[a-z]+ing\b)", " .used_for "),
    (
        r"\b(?:consists?|consisting|made|built|composed|manufactured|crafted|fashioned|constructed|"
        r"formed)(?: out)?(?: mainly| mostly)? (?:of|from|out of|in|with)\b|\bout of(?= (?:wood|metal|"
        r"plastic|glass|ceramic|fabric|leather|paper))",
        " .made_of ",
    ),
    (r"\bwhose (?:main |primary )?material(?: is)?\b|\bwith the material\b", " .made_of "),
    (
        r"\b(?:decorated|printed|patterned|adorned|marked|covered|embellished|ornamented) (?:with|by|"
        r"in)\b",
        " .print_of ",
    ),
    (
        r"\b(?:with|having|has|have|bears?|bearing|carries|shows?|showing|featuring|features|wears?|"
        r"sporting|sports)(?: on it)? (?:a|an|the|some)? ?(?=(?:[a-z-]+ ){1,2}(?:print|pattern|design|"
        r"motif|decoration|on it)s?\b)",
        " .print_of ",
    ),
    (
        r"\b(?:whose|with the|with a|of|in a|in the|having a|has a|has the) (?:print|pattern|design|"
        r"motif)(?: is| of)?\b",
        " .print_of ",
    ),
    (
        r"\b(?:whose|with the|with a|of|in the|having a|has a|has the|of the) (?:shape|form|"
        r"outline)(?: is| of)?(?: an?)?\b|\bshaped like(?: an?)?\b",
        " .shape_of ",
    ),
    (
        r"\b(?:whose|with the|with a|of|in the|having a|has a|has the|in) (?:colou?r)(?: is| of)?\b",
        " .color_of ",
    ),
    (
        r"\b(?:in|of)(?= (?:red|blue|green|yellow|black|white|gray|grey|silver|orange|turquoise|navy|"
        r"purple|pink|brown|beige|gold|violet)\b(?: colou?r)?)",
        " .color_of ",
    ),
    (
        r"\b(?:pair|set|loaf|head|roll|tube|bunch|slice|bar|piece|cup|sheet)s? of (?=(?:headphones|"
        r"shelves|bread|cheese|lettuce|building|stacking|pliers|scissors|sunglasses|toilet|toothpaste|"
        r"glasses|soap|blocks|rings|paper|cake|pizza|shoes|boots|sneakers|gloves|socks))",
        " ",
    ),
    (r"\b(?:stack|pile|ream) of papers?\b", " paper_stack "),
    (r"\b(?:pieces|items|bits) of furniture\b", " furnitures "),
    (r"\b(?:piece|item|bit) of furniture\b", " furniture "),
    (r"\bparts? of the (?:house|home|apartment|flat)\b", " room "),
)
# fmt: on
