"""The words that the reader knows: which word plays which part in an instruction.

Nothing here knows a whole sentence. What a thing is called comes from `perception.synonyms`; what it is
like or for from `common_sense`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from ... import number_words
from ...perception.synonyms import SYNONYM_GROUPS


class Part(str, enum.Enum):
    """What a token is good for."""

    GOAL = "goal"
    """What follows is to be reached: 'go to'."""
    ASIDE = "aside"
    """An imperative that asks for no motion: 'consider', 'count'."""
    PICK = "pick"
    PLACE = "place"
    HANDLE = "handle"
    VISIT = "visit"
    STAY = "stay"
    NOT = "not"
    ALL = "all"
    ARTICLE = "article"
    ONE = "one"
    ORDINAL = "ordinal"
    CARDINAL = "cardinal"
    NEXT = "next"
    OF = "of"
    OBJECT = "object"
    RECEPTACLE = "receptacle"
    ROOM = "room"
    ROUND = "round"
    """A noun for an interaction: 'move', 'step'."""
    NAME = "name"
    """A word for a certain kind of thing."""
    PRONOUN = "pronoun"
    YOU = "you"
    WHICH = "which"
    WHERE = "where"
    WHAT = "what"
    AFTER = "after"
    BEFORE = "before"
    BETWEEN = "between"
    AND = "and"
    FROM = "from"
    TO = "to"
    ON = "on"
    ORIGIN = "origin"
    """Said of where something was before it was moved."""
    DESTINATION = "destination"
    START = "start"
    """Of the whole day: 'started in'."""
    FAR = "far"
    NEAR = "near"
    MOST = "most"
    LEAST = "least"
    TIME = "time"
    """A time of day; its value is in seconds."""
    UNORDERED = "unordered"
    IN_ORDER = "in order"
    USED_FOR = "used for"
    MADE_OF = "made of"
    LOOKS = "looks"
    """'that is', 'with': an attribute follows."""
    STOP = "."
    COMMA = ","
    AUXILIARY = "auxiliary"
    OTHER = "other"


_WORDS = {
    Part.PICK: """
        pick picks picked picking take takes took taken taking grab grabs grabbed grabbing lift
        lifts lifted
        lifting collect collects collected collecting fetch fetched fetching remove removes
        removed removing
        retrieve retrieved retrieving gather gathered gathering snatch snatched snatching get gets
        got gotten
        getting obtain obtained obtaining acquire acquired acquiring withdraw withdrew withdrawn extract
        extracted seize seized scoop scooped grasp grasped grasping grip gripped pluck plucked
        hoist hoisted
        raise raised clear cleared unload unloaded find finds finding found source sourced pickup
        hold_of pull pulled emptied empty emptying
        gave lost yielded supplied
    """,
    Part.PLACE: """
        put puts putting placed placing set sets setting drop drops dropped dropping leave leaves
        left leaving
        deposit deposits deposited depositing lay_down laid laid_down laying positioned position
        positioning
        release released releasing deliver delivers delivered delivering store stored storing stow
        stowed
        stowing dump dumped rested_it unloaded_onto install installed putdown drop_off dropoff parked_it
        park_it settle settled filled fill filling loaded received receive
        receives
    """,
    Part.HANDLE: """
        interact interacts interacted interacting handle handles handled handling touch touches touched
        touching manipulate manipulates manipulated manipulating move moves moved moving rearrange
        rearranges
        rearranged rearranging carry carries carried carrying transport transports transported
        transporting
        relocate relocates relocated relocating shift shifts shifted shifting use uses used using
        work worked
        working deal dealt dealing hold holds held holding engage engaged engaging transfer transfers
        transferred transferring tidy tidied tidying displace displaced displacing haul hauled
        hauling bring
        brings brought bringing reposition repositioned repositioning disturb disturbed disturbing
        tamper
        tampered move_around busy reorganize reorganized reorganise reorganised relocated operate
        operated
        interactions_with ferry ferried convey conveyed lug lugged drag dragged cart carted
        involve involved
        tackle tackled
    """,
    Part.VISIT: """
        visit visits visited visiting enter enters entered entering explore explored exploring
    """,
    Part.STAY: "spend spends spent spending stay stays stayed staying linger lingered remain "
    "remained pass passed passing",
    Part.NOT: """
        not never neither nor without nothing untouched unused unvisited unexplored unentered
        undisturbed
        unhandled unmoved ignored skipped except avoided neglected none no unseen_by
    """,
    Part.ALL: "all every each both everything entire whole",
    Part.ARTICLE: """
        the a an any some another other that_d its your certain particular single same very
        somewhat either
        specific aforementioned different given own my
    """,
    Part.ONE: "one ones",
    Part.NEXT: "next",
    Part.OF: "of among amongst out_of_all",
    Part.OBJECT: """
        object objects item items thing things article articles something anything stuff belonging
        belongings
        possession possessions piece_of_stuff entity entities
    """,
    Part.RECEPTACLE: """
        receptacle receptacles furniture furnitures surface surfaces spot spots place places
        location locations
        support supports container containers somewhere furnishing furnishings position_n
        positions fixture
        fixtures site sites
    """,
    Part.ROOM: "room rooms area areas chamber chambers space spaces",
    Part.ROUND: """
        interaction interactions step steps action actions round rounds move_n moves_n pick_n
        picks pickups turn
        turns task tasks operation operations manipulation manipulations transfer_n placement placements
        rearrangement rearrangements handling_n relocation relocations position_of_order
    """,
    Part.PRONOUN: "it them there those_p that_p these_p this_p itself themselves latter former",
    Part.YOU: "you i we yourself",
    Part.WHICH: "which that whose who whom",
    Part.WHERE: "where wherever whence whereabouts whereupon wherein",
    Part.WHAT: "what whatever whichever",
    Part.AFTER: """
        after following once afterwards succeeding succeeded followed subsequent since follows
    """,
    Part.BEFORE: "before preceding prior preceded precedes until till ahead previous previously",
    Part.BETWEEN: "between",
    Part.AND: "and or plus & but then",
    Part.FROM: "from off",
    Part.TO: "onto into to towards toward",
    Part.ON: "on in at inside within atop upon over by near",
    Part.AUXILIARY: """
        did do does done was were is are be been being had has have having can could will would
        should shall
        may might must get_v
    """,
}  # fmt: skip

WORDS: Mapping[str, Part] = {word: part for part, text in _WORDS.items() for word in text.split()}
"""Single words; underscored ones are made by `tokens` from several words."""

ORDINALS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(number_words.ORDINALS, start=1)},
    "last": -1,
    "final": -1,
    "latest": -1,
    "penultimate": -2,
}
CARDINALS: Mapping[str, int] = {word: number for number, word in enumerate(number_words.CARDINALS)}

IGNORED = frozenset(
    (
        "up", "down", "away", "back", "out", "again", "more", "just", "right", "immediately",
        "directly",
        "straight", "ever", "actually", "also", "elsewhere", "around", "together", "with", "as",
        "so", "only",
        "exactly", "shortly", "along", "still", "already", "too", "very", "while", "when",
        "during", "for",
        "about", "than", "if", "whether", "during", "doing", "own", "earlier", "later", "longer",
        "day", "morning", "afternoon", "evening", "today", "failing", "else", "number", "choice",
        "yet", "though",
        "however", "because", "how", "there_is", "small", "little", "big", "large", "tiny", "new",
        "old",
        "yourself", "self", "recently", "personally", "later_on", "off_of", "ago", "soon", "once_more",
        "during", "finish", "finished", "finishing", "start", "started", "starting", "begin", "began",
        "beginning", "total", "altogether", "overall", "done", "complete", "completed",
        "completing", "through", "per", "via", "s", "saw", "seen",
        "see", "seeing", "noticed", "observed", "came", "come", "comes", "coming", "went", "go", "goes",
        "going", "gone", "happened", "happen", "took_place", "finally", "lastly", "firstly",
        "thereafter",
        "instead", "kind", "sort", "type", "lie", "lay", "lies", "lying", "sat", "sitting",
        "stood", "standing",
        "located", "resting", "rested", "kept", "whatsoever", "house", "home", "apartment",
        "building", "flat",
        "way", "direct", "immediate", "side", "end", "order", "sequence", "chronologically",
        "case", "made",
        "make", "making", "ended", "moment", "point", "course", "front", "both", "respectively",
        "within",
    )
)  # fmt: skip
"""Words that decide nothing."""

_FURNITURE = """
bathtub tub bed cot mattress bench pew cabinet cupboard sideboard chair seat armchair recliner
chest_of_drawers dresser drawers bureau couch sofa settee loveseat counter countertop
kitchen_counter worktop
filing_cabinet file_cabinet hamper laundry_hamper laundry_basket serving_cart cart trolley shelf shelves
bookshelf bookcase shelving rack shoe_rack sink washbasin basin_sink stand nightstand
bedside_table stool
barstool bar_stool ottoman pouf table dining_table kitchen_table coffee_table side_table end_table desk
writing_desk workbench toilet lavatory loo trunk chest wardrobe closet armoire washer_dryer
washing_machine
washer dryer fridge refrigerator microwave stove oven cooker dishwasher island kitchen_island
dressing_table
vanity console_table credenza hutch
"""
FURNITURE = frozenset(_FURNITURE.split())
"""Names of things that others lie on or in."""
ROOM_KINDS = frozenset(
    (
        "kitchen", "living_room", "bedroom", "bathroom", "hall", "hallway", "office",
        "dining_room", "laundry",
        "childrens_room", "storage", "corridor", "lounge", "study", "laundry_room",
        "storage_room", "garage",
        "kids_room", "nursery", "entrance", "foyer", "pantry",
    )
)  # fmt: skip
KNOWN_NAMES = frozenset(name for group in SYNONYM_GROUPS for name in group) | FURNITURE | ROOM_KINDS

GOAL_VERBS = (
    r"go|navigate|drive|head|move|return|travel|walk|proceed|come|get|roll|make (?:your|its) way|"
    r"(?:take|make|do) an? (?:tour|trip|round|walk)|find(?: me| us)?|locate|"
    r"reach|approach|visit|revisit|take me|take yourself|bring me|bring yourself|lead me|guide me|"
    r"show me|"
    r"look for|search for|seek(?: out)?|stop|park|pull up|position yourself|place yourself|"
    r"put yourself|"
    r"stand|steer|relocate yourself|relocate|re-?visit|journey|wander|step|swing by|pass by|turn back|"
    r"drop by|advance|rush|hurry|cruise|run|send yourself|direct yourself|transport yourself|be|"
    r"call at|"
    r"carry on|continue|route yourself|tour|point me|target|track down|identify|pinpoint|bring us|"
    r"take us|"
    r"check out|check|enter|go and (?:find|visit|see)|wheel|zoom|pick out"
)
ASIDE_VERBS = (
    r"count|consider|number|think|recall|remember|imagine|list|take note|note|suppose|look back|"
    r"given|sort|enumerate|label|rank|start|begin"
)
