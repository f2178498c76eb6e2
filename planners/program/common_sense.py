"""What household things look like, are made of and are for, where nobody could look or tell.

Words of instructions come in many forms; `stem_of` and `ATTRIBUTE_WORDS` bring them to one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from ...perception.text import singular
from .program import AttributeKind

COLORS: Mapping[str, tuple[str, ...]] = {
    "white": ("white",), "black": ("black",), "gray": ("grey", "gray"), "grey": ("grey", "gray"),
    "silver": ("grey", "white"), "red": ("red",), "orange": ("orange",), "yellow": ("yellow",),
    "green": ("green",), "turquoise": ("turquoise",), "teal": ("turquoise",), "cyan": ("turquoise",),
    "blue": ("blue",), "navy": ("dark blue",), "purple": ("purple",), "violet": ("purple",),
    "pink": ("pink",), "brown": ("brown",), "beige": ("beige",), "gold": ("yellow", "brown"),
    "golden": ("yellow", "brown"), "cream": ("beige", "white"), "tan": ("beige", "brown"),
    "maroon": ("dark red",), "rose": ("pink",), "lime": ("green",), "silvery": ("grey", "white"),
}  # fmt: skip
"""A word for a colour -> names of `entities.colors` that it may look like."""

_SHAPES = """
round: round circular roundish disc disk discoid
square: square squarish
rectangular: rectangular oblong rectangle boxy box boxlike
cylindrical: cylindrical cylinder tubular tube
spherical: spherical sphere ball globular
conical: conical cone
cubic: cubic cube cubical
oval: oval elliptical egg ellipsoid
tapered: tapered tapering
elongated: elongated long stretched slender
tall: tall high
flat: flat thin
curved: curved bent arched
triangular: triangular triangle wedge
ring: ring annular
animal: animal
t: t
l: l
fan: fan
irregular: irregular irregularly
"""
_PRINTS = """
striped: striped stripe stripes stripy streaked lines lined banded
dotted: dotted dot dots polka spotted spots speckled
checked: checked check checks chequered checkered checker plaid tartan squares
floral: floral flower flowers flowery
hearts: hearts heart
starry: starry star stars starred
lettered: lettered letter letters lettering text writing
logo: logo logos emblem brand
bordered: bordered border rim edge edging
plain: plain unprinted
"""
_MATERIALS = """
ceramic: ceramic ceramics porcelain clay china earthenware
metal: metal metallic steel iron aluminium aluminum brass
plastic: plastic plastics
glass: glass glassy
wood: wood wooden timber
fabric: fabric cloth textile cotton wool woven
leather: leather
paper: paper
cardboard: cardboard carton
rubber: rubber
stone: stone marble
wicker: wicker rattan cane
wax: wax
organic: organic
"""
# thing: shapes; materials; what it is for
_THINGS = """
mug: cylindrical tapered round; ceramic metal plastic; drinking
cup: round tapered; ceramic; drinking
drinking_glass: cylindrical tapered; glass plastic; drinking
wine_glass: tall; glass; drinking
plate: round square; ceramic plastic wood; serving food
bowl: round square; ceramic metal wood; serving food
teapot: round; ceramic metal; making tea
jug: tall; ceramic glass metal; pouring
bottle: cylindrical square; glass plastic; storing drinks
fork: elongated; metal plastic wood; eating
spoon: elongated; metal plastic wood; eating
tray: rectangular; wood plastic metal; carrying
jar: cylindrical; glass; storing food
thermos: cylindrical; metal plastic; keeping warm
pot: cylindrical; metal; cooking
frying_pan: round; metal; cooking
pan_lid: round; metal glass; covering
kettle: conical; metal; boiling water
knife: elongated; wood plastic metal; cutting
spatula: flat; metal plastic wood; turning food
ladle: curved; metal wood plastic; serving soup
whisk: elongated; wood plastic metal; whisking
rolling_pin: cylindrical; wood stone; rolling dough baking
cutting_board: rectangular round; wood plastic; cutting on
colander: round; metal plastic; draining
grater: tapered; metal plastic; grating
salt_shaker: conical; glass ceramic; seasoning
pepper_mill: tall; wood metal; seasoning
lunch_box: rectangular; plastic metal; carrying food
dish_sponge: rectangular; fabric; cleaning
sponge: rectangular; fabric; cleaning
basket: round; wicker; carrying
apple: round; organic; eating
pear: tapered; organic; eating
orange: round; organic; eating
lemon: oval; organic; eating
banana: curved; organic; eating
tomato: round; organic; eating
potato: irregular; organic; eating
carrot: elongated; organic; eating
bread: oval; organic; eating
egg: oval; organic; eating
lettuce: round; organic; eating
cheese: triangular; organic; eating
croissant: curved; organic; eating
donut: ring; organic; eating
cake: cylindrical; organic; eating
pizza: flat; organic; eating
pineapple: oval; organic; eating
watermelon: oval; organic; eating
bell_pepper: irregular; organic; eating
avocado: tapered; organic; eating
cereal_box: rectangular; cardboard; eating
milk_carton: tall; cardboard; drinking
can: cylindrical; metal; storing food
ketchup_bottle: tapered; plastic; seasoning
book: rectangular; paper; reading
notebook: rectangular; paper; writing
magazine: flat; paper; reading
newspaper: flat; paper; reading
pen: elongated; plastic metal; writing
pencil: elongated; wood; drawing
pen_holder: cylindrical square; metal plastic wood; storing pens
scissors: irregular; plastic metal; cutting
stapler: elongated; plastic metal; stapling
tape_dispenser: irregular; plastic; taping
binder: rectangular; cardboard plastic; filing papers
calculator: rectangular; plastic; calculating
envelope: flat; paper; sending letters
globe: spherical; plastic; learning geography
glue_stick: cylindrical; plastic; gluing
ruler: elongated; plastic wood metal; measuring
hole_punch: irregular; metal plastic; punching holes
paper_stack: flat; paper; writing
laptop: rectangular; metal plastic; computing
phone: flat; metal plastic; calling
tablet: flat; metal plastic; reading
remote_control: elongated; plastic; controlling the television
headphones: curved; plastic metal; listening to music
camera: irregular; plastic metal; taking pictures
radio: rectangular; plastic wood; listening to music
desk_lamp: irregular; metal plastic; lighting
alarm_clock: round rectangular; metal plastic; telling the time
keyboard: rectangular; plastic; typing
computer_mouse: oval; plastic; computing
game_controller: irregular; plastic; playing games
game_console: flat; plastic; playing games
speaker: square cylindrical; plastic wood; playing music
flashlight: cylindrical; metal plastic; lighting
teddy_bear: animal; fabric; cuddling
plush_rabbit: animal; fabric; cuddling
ball: spherical; rubber leather; playing
toy_car: rectangular; plastic metal wood; playing
toy_train: elongated; wood plastic; playing
building_blocks: cubic; wood plastic; building
doll: irregular; fabric; playing
toy_airplane: irregular; plastic metal wood; playing
puzzle_cube: cubic; plastic; puzzling
spinning_top: conical; wood metal plastic; spinning
rubber_duck: animal; rubber; bathing
toy_boat: irregular; wood plastic; playing
stacking_rings: conical; plastic wood; stacking
die: cubic; plastic wood; playing games
drum: cylindrical; metal wood plastic; making music
xylophone: flat; metal wood; making music
board_game: square; cardboard; playing games
hat: round; fabric wicker; wearing
cap: curved; fabric; wearing
sneaker: elongated; fabric leather; walking
boot: l; leather rubber; walking
flip_flop: flat; rubber; walking
t_shirt: flat; fabric; wearing
towel: rectangular; fabric; drying
scarf: curved; fabric; wearing
glove: irregular; leather fabric; wearing
sock: l; fabric; wearing
handbag: tapered; leather fabric; carrying
backpack: rectangular; fabric; carrying
umbrella: elongated; fabric; keeping dry
sunglasses: curved; plastic metal; protecting eyes
wrist_watch: ring; leather metal rubber; telling the time
wallet: rectangular; leather fabric; carrying money
hammer: t; wood rubber metal; hammering
screwdriver: elongated; plastic wood; screwing
wrench: elongated; metal plastic; turning nuts
pliers: irregular; plastic metal; gripping
saw: flat; wood plastic; sawing
drill: t; plastic; drilling
tape_measure: irregular; plastic metal; measuring
paint_brush: flat; wood plastic; painting
bucket: tapered; plastic metal; carrying water
toolbox: rectangular; metal plastic; storing tools
watering_can: irregular; metal plastic; watering plants
padlock: irregular; metal; locking
key: irregular; metal; unlocking
spray_bottle: tall; plastic; cleaning
dust_pan: flat; plastic metal; cleaning
toothbrush: elongated; plastic wood; brushing teeth
toothpaste: tapered; plastic; brushing teeth
soap_bar: oval; wax; washing
soap_dispenser: cylindrical square; ceramic glass plastic; washing
shampoo_bottle: oval; plastic; washing hair
comb: flat; plastic wood; combing hair
hair_brush: oval; wood plastic; brushing hair
razor: t; plastic metal; shaving
toilet_paper: cylindrical; paper; wiping
hand_mirror: round; wood plastic metal; looking at oneself
perfume_bottle: square round; glass; smelling good
hair_dryer: t; plastic; drying hair
cotton_jar: cylindrical; glass; cleaning skin
nail_polish: square; glass; painting nails
vase: round tall square; ceramic glass; decorating
flower_vase: tall; ceramic glass; decorating
candle: cylindrical; wax; lighting
candlestick: tall; metal wood ceramic; lighting
picture_frame: rectangular; wood metal; remembering keeping memories
statue: irregular; stone metal ceramic; decorating
potted_plant: irregular round; ceramic plastic; decorating
hourglass: cylindrical; wood metal glass; measuring time
jewelry_box: rectangular; wood leather; storing jewelry
snow_globe: spherical; wood ceramic; decorating
trophy: irregular; metal; honouring a winner
piggy_bank: animal; ceramic plastic; saving money
bell: conical; metal ceramic; calling
lantern: square; metal wood; lighting
pillow: square; fabric; resting the head
seashell: fan; stone; decorating
"""


def _groups(text: str) -> dict[str, str]:
    rows = (line.partition(":") for line in text.strip().splitlines())
    return {word: name for name, _, words in rows for word in words.split()}


def _things(text: str) -> dict[str, tuple[frozenset[str], frozenset[str], str]]:
    found = {}
    for line in text.strip().splitlines():
        name, _, rest = line.partition(": ")
        shapes, materials, function = rest.split("; ")
        found[name] = (frozenset(shapes.split()), frozenset(materials.split()), function)
    return found


ATTRIBUTE_WORDS: Mapping[AttributeKind, Mapping[str, str]] = {
    AttributeKind.COLOR: {word: word for word in COLORS},
    AttributeKind.SHAPE: _groups(_SHAPES),
    AttributeKind.PRINT: _groups(_PRINTS),
    AttributeKind.MATERIAL: _groups(_MATERIALS),
}
"""A word -> the value that it stands for; words for colours come first."""
THINGS = _things(_THINGS)


def find_attribute(word: str) -> tuple[AttributeKind, str] | None:
    """'wooden' -> (MATERIAL, 'wood'); None for other words."""
    for kind, words in ATTRIBUTE_WORDS.items():
        for form in (word, singular(word), word.removesuffix("y")):
            if form in words:
                return kind, words[form]
    return None


def value_of(kind: AttributeKind, text: str) -> str:
    """The value that words stand for: 'polka dots' -> 'dotted' as a print; the words themselves if none."""
    words = text.split()
    table = ATTRIBUTE_WORDS.get(kind, {})
    for word in words:
        for form in (word, singular(word)):
            if form in table:
                return table[form]
    return " ".join(stem_of(word) for word in words) if kind is AttributeKind.FUNCTION else text


@functools.cache
def stem_of(word: str) -> str:
    """'drinking', 'drinks' and 'drink' -> 'drink'; good enough to compare words."""
    word = singular(word)
    base = re.sub(r"(?:ing|er|ers|ed)$", "", word) if len(word) > 5 else word
    if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
        base = base[:-1]
    return base.removesuffix("e")


def fit_of(kind: AttributeKind, value: str, label: str) -> float | None:
    """How well a kind of thing fits by common sense, in [0, 1]; None where nothing is known."""
    thing = THINGS.get(label.replace(" ", "_"))
    if thing is None:
        return None
    shapes, materials, function = thing
    if kind is AttributeKind.SHAPE:
        return 1.0 / len(shapes) if value in shapes else 0.02
    if kind is AttributeKind.MATERIAL:
        return 1.0 / len(materials) if value in materials else 0.02
    if kind is AttributeKind.FUNCTION:
        known = {stem_of(w) for w in function.split()}
        asked = {stem_of(w) for w in value.split()} - {"th", "a", "the", "on", "to"}
        return len(known & asked) / max(len(known | asked), 1) if known & asked else 0.0
    return None
