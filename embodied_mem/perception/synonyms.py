"""Household words that mean the same, and kinds of things: what the lexical encoder knows.

One line a group; names of several words are joined by underscores; singular, lower case. A word may
stand in several groups.
"""

from __future__ import annotations

_SYNONYMS = """
cup mug teacup coffee_cup tumbler
glass drinking_glass water_glass tumbler
wine_glass goblet
plate dish
bowl basin
bottle flask
thermos vacuum_flask
can tin
jug pitcher carafe
kettle teakettle
pot saucepan stockpot cooking_pot
pan frying_pan skillet wok
lid pan_lid
cutting_board chopping_board
salt_shaker salt
pepper_mill pepper_shaker
trash_can bin garbage_can dustbin wastebasket rubbish_bin waste_bin
refrigerator fridge icebox
stove cooker hob cooktop range
oven stove
microwave microwave_oven
dishwasher dish_washer
washer washing_machine washer_dryer
sink washbasin
tap faucet
counter countertop kitchen_counter worktop
couch sofa settee loveseat
chair seat armchair desk_chair dining_chair office_chair
armchair easy_chair recliner
stool barstool bar_stool
bench pew
table dining_table kitchen_table
coffee_table side_table end_table
desk writing_desk workbench office_desk
nightstand bedside_table bedside
bed cot mattress
wardrobe closet armoire
cabinet cupboard sideboard
dresser chest_of_drawers bureau
shelf shelves bookshelf bookcase shelving rack
filing_cabinet file_cabinet
television tv tv_set telly
monitor computer_monitor screen computer_screen
computer pc desktop
laptop notebook_computer
tablet ipad
phone cell_phone cellphone mobile_phone smartphone telephone mobile
remote remote_control
mouse computer_mouse
game_controller gamepad joystick controller
speaker loudspeaker
headphones headset earphones
camera webcam
alarm_clock clock
watch wrist_watch wristwatch
lamp light table_lamp desk_lamp floor_lamp
ceiling_lamp pendant_lamp ceiling_light chandelier
flashlight torch
picture painting poster artwork
picture_frame photo_frame photo frame
mirror hand_mirror
rug carpet mat
curtain drape blind
pillow cushion
blanket quilt throw duvet
towel bath_towel
plant potted_plant houseplant flowerpot
vase flower_vase
book novel
notebook notepad
magazine journal
newspaper paper
pen ballpoint
glue glue_stick
bag handbag purse tote
backpack rucksack
suitcase luggage trunk
wallet billfold
glasses spectacles eyeglasses
sunglasses shades
shoe sneaker trainer
boot wellington
slipper flip_flop sandal
shirt t_shirt tee
hat cap beanie
glove mitten
hair_dryer hair_drier blow_dryer
toothpaste tooth_paste
bathtub tub bath
toilet lavatory loo
soap soap_bar
sponge dish_sponge
laundry_basket hamper laundry_hamper
teddy teddy_bear plush_toy stuffed_animal plush_rabbit
doll figurine
ball football basketball sports_ball
donut doughnut
potato spud
cookie biscuit
person human man woman people somebody
door doorway
window pane
box carton container
kitchen kitchenette
living_room lounge sitting_room
bathroom restroom washroom
hall hallway corridor
office study
"""
_KINDS = """
cup mug glass wine_glass bottle thermos jug kettle teapot can jar drinkware
plate bowl tray cutting_board lid tableware dish
fork knife spoon spatula ladle whisk cutlery utensil
pot pan colander grater rolling_pin cookware
refrigerator stove oven microwave dishwasher toaster washer appliance
couch chair armchair stool bench seating
table coffee_table desk nightstand counter stand
cabinet wardrobe dresser shelf filing_cabinet nightstand storage
television monitor computer laptop tablet phone remote mouse keyboard speaker electronics
headphones camera radio speaker clock watch electronics
lamp ceiling_lamp flashlight lantern candle
picture picture_frame mirror vase statue trophy decoration
rug curtain pillow blanket towel textile
book notebook magazine newspaper envelope binder paper_stack
pen pencil marker ruler stapler scissors tape_dispenser eraser hole_punch stationery
hammer screwdriver wrench pliers saw drill toolbox tool
bag backpack suitcase basket wallet luggage
shoe boot slipper sock footwear
shirt hat glove scarf sock jacket clothes
toilet bathtub sink shower
toothbrush toothpaste soap razor comb hair_brush shampoo_bottle sponge toiletry
teddy doll ball rubber_duck toy_car toy_train puzzle_cube building_blocks board_game toy
apple orange banana pear lemon pineapple watermelon avocado fruit
tomato potato carrot lettuce bell_pepper broccoli vegetable
bread cake pizza donut cheese egg croissant sandwich food
plant vase flower
person child
kitchen living_room bathroom bedroom hall office room
"""
IRREGULAR_PLURALS = {
    "children": "child", "dice": "die", "feet": "foot", "geese": "goose", "knives": "knife",
    "leaves": "leaf", "loaves": "loaf", "men": "man", "mice": "mouse", "people": "person",
    "shelves": "shelf", "teeth": "tooth", "women": "woman", "scarves": "scarf", "wolves": "wolf",
}  # fmt: skip
SAME_IN_PLURAL = frozenset(
    (
        "scissors", "pliers", "glasses", "sunglasses", "headphones", "trousers", "pants", "shorts",
        "clothes", "jeans", "series", "gas", "bus", "lens", "glass", "dress", "stairs",
    )
)  # fmt: skip


def _groups(text: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(line.split()) for line in text.strip().splitlines())


SYNONYM_GROUPS = _groups(_SYNONYMS)
KIND_GROUPS = _groups(_KINDS)
