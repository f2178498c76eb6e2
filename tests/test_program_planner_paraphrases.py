"""Ways to say each of FindingDory's 60 templates, written for these tests alone, and what they come to."""

from __future__ import annotations

import pytest

from embodied_mem.planners.program.reader import read_instruction

# template | program, then one sentence a line
PARAPHRASES = """
1 | object: named 'mug'
  Navigate to a mug.
  Drive to any mug.
  Could you please go over to some mug?
  Find me a mug
  Head for a mug
  mug
  I want you to move to a mug.
  Proceed to one of the mugs.
  Approach a mug, any one will do.
  Show me where a mug is.
2 | receptacle: named 'table'
  Navigate to a table.
  Head over to any table.
  Please make your way to a table.
  Reach a table
  Travel to one of the tables.
  Your task is to go to a table.
  Park at a table.
  Pull up at some table.
3 | receptacle: handled
  Navigate to any receptacle that you interacted with.
  Move to a receptacle you have used.
  Go to a surface from which you took or on which you put something.
  Drive to any of the receptacles involved in your rearrangement.
  Head to a piece of furniture you handled something at.
  Go back to a place where you picked or placed an item.
  Visit one of the receptacles that you used earlier today.
  Approach some furniture that was part of one of your moves.
4 | receptacle: not handled
  Navigate to any receptacle that you did not interact with.
  Go to a receptacle you didn't use.
  Drive to an untouched piece of furniture.
  Head to furniture that you never used.
  Find a receptacle that was not involved in any of your moves.
  Move to a surface you haven't taken anything from or placed anything on.
  Go to any receptacle other than those you interacted with.
  Drive up to furniture that had nothing to do with your rearranging.
5 | object: handled
  Navigate to any object that you interacted with.
  Go to an item you rearranged.
  Drive to one of the objects you handled.
  Approach something you relocated.
  Head to a thing that was moved by you.
  Find any of the items you transported today.
  Go to some object you touched.
  Move to an object which you have carried around.
6 | object: not handled
  Navigate to any object that you did not interact with.
  Go to an object you haven't touched.
  Drive to an untouched item.
  Find something you never handled.
  Head to a thing that you did not pick up.
  Approach any item that stayed where it was.
  Go to an object that was not moved by you.
  Move to one of the objects you left alone.
7 | receptacle: picked
  Navigate to any receptacle that you picked an object from.
  Go to a surface you grabbed something from.
  Drive to a piece of furniture you lifted an item off.
  Head to where you picked something up.
  Go to one of the receptacles from which you collected an object.
  Move to a receptacle that an object was taken from.
  Return to any spot where you retrieved an object.
  Find a receptacle you picked up an item at.
8 | receptacle: placed
  Navigate to any receptacle that you placed an object on.
  Go to a surface you put something down on.
  Drive to a piece of furniture where you dropped an item off.
  Head to where you set something down.
  Go to one of the receptacles on which you deposited an object.
  Move to a receptacle that an object was placed on.
  Return to any spot where you left an object.
  Find a receptacle that you laid an item on.
9 | object: named 'mug'; handled
  Navigate to the mug that you interacted with.
  Go to the mug you handled.
  Drive to the mug which you rearranged.
  Head for the mug you relocated earlier.
  Approach the mug that was moved by you.
  Find the mug you touched.
  Move to the mug you picked up.
  Go to the mug you transported.
10 | object: named 'mug'; not handled
  Navigate to a mug that you did not interact with.
  Go to a mug you haven't handled.
  Drive to an untouched mug.
  Head for a mug you never moved.
  Approach any mug that was not touched.
  Find a mug other than the ones you moved.
  Go to some mug you did not pick up.
  Move to a mug which you didn't carry anywhere.
11 | receptacle: named 'table'; not handled
  Navigate to a table that you did not interact with.
  Go to a table you haven't used.
  Drive to an unused table.
  Head for a table you never placed anything on or took anything from.
  Approach any table that was not involved in your moves.
  Find a table without any interaction.
  Go to a table you didn't touch.
12 | receptacle: named 'table'; picked
  Navigate to a table that you picked an object from.
  Go to the table you grabbed something from.
  Drive to a table from which an item was taken.
  Head for a table you collected an object at.
  Approach a table off which you lifted something.
  Find a table where you picked up an item.
13 | receptacle: named 'table'; placed
  Navigate to a table that you placed an object on.
  Go to the table you put something down on.
  Drive to a table on which an item was placed.
  Head for a table you dropped an object on.
  Approach a table where you left something.
  Find a table onto which you set an item.
14 | receptacle: picked; of 'mug'
  Navigate to the receptacle that you picked the mug from.
  Go to where you took the mug from.
  Drive to the surface from which the mug was picked up.
  Head for the place you grabbed the mug.
  Go to the furniture the mug came from.
  Find the original place of the mug.
  Return to the receptacle where you found the mug.
  Go to the spot where the mug was originally.
  Move to the furniture the mug was lying on before being moved.
  Where did you pick up the mug? Go there.
15 | object: handled; origin 'table'
  Navigate to the object that you picked from the table.
  Go to what you took off the table.
  Drive to the item you grabbed from the table.
  Head for the thing you lifted off a table.
  Go to an object that came from the table.
  Find something that you collected from a table.
  Move to the object which was on the table before you moved it.
  Approach the object you removed from the table.
16 | object: shape 'round'; handled
  Navigate to the round object that you interacted with.
  Go to the item with a round shape you handled.
  Drive to the object you moved that has a round shape.
  Head for the round thing you picked up.
  Go to a round object you carried.
  Find the object you rearranged which is round.
17 | object: color 'red'; handled
  Navigate to the red object that you interacted with.
  Go to the red item you handled.
  Drive to the object you moved whose color is red.
  Head for the red-coloured thing you picked up.
  Go to the object you carried that was red in color.
  Find the item you rearranged which is red.
  Go to the thing of red colour that you moved.
18 | object: print 'striped'; handled
  Navigate to the object with a striped print that you interacted with.
  Go to the striped item you handled.
  Drive to the object you moved that has a striped pattern.
  Head for the thing with stripes you picked up.
  Go to the object you carried which is covered with stripes.
  Find the item you rearranged that bears stripes on it.
  Go to the object decorated by stripes you moved.
19 | object: material 'wood'; handled
  Navigate to the object made of wood that you interacted with.
  Go to the wooden item you handled.
  Drive to the object you moved that is made from wood.
  Head for the wood object you picked up.
  Go to the thing made out of wood that you carried.
  Find the item you rearranged which is wooden.
  Go to the object whose material is wood that you moved.
20 | object: function 'drink'; handled
  Navigate to the object used for drinking that you interacted with.
  Go to the item for drinking that you handled.
  Drive to the object you moved that is meant for drinking.
  Head for the thing you picked up that can be used for drinking.
  Go to the object whose purpose is drinking that you moved.
  Find the object you carried that one uses for drinking.
  Go to the thing designed for drinking which you rearranged.
21 | receptacle: handled; farthest
  Navigate to the receptacle you interacted with that is farthest from your current position.
  Go to the furthest receptacle that you used.
  Among the furniture you used, go to the one furthest away.
  Drive to the most remote piece of furniture that you interacted with.
  Which of the receptacles you used is the greatest distance from here? Go to it.
  Of all the receptacles that you interacted with, head for the one farthest from where you stand.
22 | receptacle: not handled; farthest
  Navigate to the receptacle you did not interact with that is farthest from your current position.
  Go to the furthest receptacle that you didn't use.
  Among the furniture you never touched, go to the one furthest away.
  Drive to the most remote untouched piece of furniture.
  Of all the receptacles you saw but never used, head for the farthest one.
23 | receptacle: picked; farthest
  Navigate to the receptacle you picked an object from that is farthest from your current position.
  Go to the furthest receptacle that you grabbed an item from.
  Among the furniture you took objects from, go to the one furthest away.
  Drive to the farthest surface from which you picked something up.
  Of all places where you picked up objects, head for the most distant one.
24 | receptacle: placed; farthest
  Navigate to the receptacle you placed an object on that is farthest from your current position.
  Go to the furthest receptacle that you put an item on.
  Among the furniture you placed objects on, go to the one furthest away.
  Drive to the farthest surface on which you set something down.
  Of all places where you dropped off objects, head for the most distant one.
25 | object: handled; farthest
  Navigate to the object you interacted with that is farthest from your current position.
  Go to the furthest object that you moved.
  Among the items you carried, go to the one furthest away.
  Drive to the farthest thing you rearranged.
  Of all objects you handled, head for the one that is farthest from here.
  Which of the items you relocated is most distant from you now? Drive to it.
26 | room: picked; of #3 of all
  Navigate to the room where you picked the third object.
  Go to the room in which you grabbed the 3rd item.
  Drive to the room you took the third object from.
  Head for the room where the third object was picked up.
  Return to the room in which your third pick took place.
  In which room did you pick up the third object? Go there.
27 | room: placed; of #3 of all
  Navigate to the room where you placed the third object.
  Go to the room in which you put the 3rd item.
  Drive to the room you brought the third object to.
  Head for the room where the third object was set down.
  Return to the room in which you dropped off the third item.
  In which room did you place the third object? Go there.
  Go to the room where the third object ended up.
28 | room: picked; of 'mug'
  Navigate to the room where you picked the mug.
  Go to the room in which you grabbed the mug.
  Drive to the room you took the mug from.
  Head for the room where the mug was picked up.
  Go to the room the mug came from.
  In which room did you find the mug? Go there.
  Return to the room where the mug was originally.
29 | room: placed; of 'mug'
  Navigate to the room where you placed the mug.
  Go to the room in which you left the mug.
  Drive to the room you brought the mug to.
  Head for the room where the mug was put down.
  Go to the room where the mug ended up.
  In which room did you drop off the mug? Go there.
  Return to the room into which you moved the mug.
30 | room: not visited; else the start
  Navigate to a room that you have not visited; if you visited all rooms, go to the room you started in.
  Go to a room you haven't been to. If there is none, return to the starting room.
  Drive to a room you did not enter, or to the start room if you entered all of them.
  Head for an unexplored room; otherwise go back to where you started.
  Find a room you never set foot in. In case there is no such room, go to the initial room.
  Visit a room that you haven't visited yet, else the room where you began.
31 | object: handled; number 3
  Navigate to the third object you interacted with.
  Go to the 3rd item you handled.
  Drive to the object that you moved third.
  Head for the third thing you picked up.
  Of all the objects you rearranged, go to the third.
  Go to the object you interacted with in your third interaction.
  Which object did you move third? Go to it.
  Find the third item that was relocated by you.
32 | receptacle: picked; number 3
  Navigate to the third receptacle you picked an object from.
  Go to the 3rd surface you took something from.
  Drive to the receptacle that you picked from third.
  Of all the receptacles you grabbed objects from, go to the third one.
  Head for the third place from which you collected an item.
33 | receptacle: placed; number 3
  Navigate to the third receptacle you placed an object on.
  Go to the 3rd surface you put something on.
  Drive to the receptacle that you placed on third.
  Of all the receptacles you set objects on, go to the third one.
  Head for the third place where you dropped off an item.
34 | receptacle: picked; of #3 of all
  Navigate to the receptacle that the third object came from.
  Go to where you picked up the third object.
  Drive to the receptacle from which you picked the third object.
  Head for the furniture where the third item you moved was originally.
  Go to the surface you took the third object from.
  Find the original location of the third object you rearranged.
35 | object: handled; origin #3 of all
  Navigate to the object you picked from the third receptacle.
  Go to the item that you took from the third piece of furniture you picked something up from.
  Drive to the object that came from the third receptacle you picked from.
  Head for what you grabbed off the third surface.
  Find the thing collected from the third receptacle.
36 | object: handled; 1 after 'mug'
  Navigate to the object you interacted with right after the mug.
  Go to the item you handled immediately following the mug.
  After moving the mug, which object did you move next? Go to it.
  Drive to the thing you picked up next after placing the mug.
  Head for the object that followed the mug.
  Go to what you moved after the mug.
  Once the mug was put down you took another item; drive to that item.
  Find the next object you rearranged after you were done with the mug.
  Go to the object directly succeeding the mug in your interactions.
37 | object: handled; 1 before 'mug'
  Navigate to the object you interacted with right before the mug.
  Go to the item you handled just prior to the mug.
  Before moving the mug, which object did you move? Go to it.
  Drive to the thing you put down right before picking up the mug.
  Head for the object that preceded the mug.
  Go to what you moved before the mug.
  Find the last item you rearranged before the mug.
  Go to the object immediately preceding the mug in your interactions.
38 | object: handled; 2 after 'mug'
  Navigate to the object you interacted with two after the mug.
  Go to the second item you handled after the mug.
  Drive to the object two interactions after the mug.
  Head for the 2nd object that you moved after the mug.
  Go to the thing moved two steps after the mug.
  Find the second object following the mug.
  Go to the object you moved two objects later than the mug.
39 | object: handled; 2 before 'mug'
  Navigate to the object you interacted with two before the mug.
  Go to the second to last item you handled before the mug.
  Drive to the object two interactions before the mug.
  Go to the thing moved two steps before the mug.
  Find the second object preceding the mug.
  Go to the object you moved two objects earlier than the mug.
40 | object: handled; between 'mug' and 'bowl'
  Navigate to the object you interacted with between the mug and the bowl.
  Go to the item handled in between the mug and the bowl.
  After the mug but before the bowl you moved something; go to it.
  Drive to what you picked up after placing the mug and before picking up the bowl.
  Head for the object moved between your interactions with the mug and the bowl.
  Which object was moved between the mug and the bowl? Go to it.
  Between the mug and the bowl you handled one other item. Find that item.
41 | receptacle: placed; 1 before 'mug'
  Navigate to the receptacle you placed an object on right before you started interacting with the mug.
  Go to the surface where you put something just before the mug.
  Drive to where you placed the object you moved immediately before the mug.
  Right before picking up the mug you set an item down; go to that receptacle.
  Head for the receptacle on which you put the item preceding the mug.
42 | receptacle: picked; 1 after 'mug'
  Navigate to the receptacle you picked an object from right after you finished interacting with the mug.
  Go to the surface where you took something just after the mug.
  Drive to where you picked up the object you moved immediately after the mug.
  Right after putting down the mug you picked an item up; go to that receptacle.
  Head for the receptacle from which you took the item following the mug.
43 | receptacle: placed; 2 before 'mug'
  Navigate to the receptacle you placed an object on two interactions before the mug.
  Go to the surface where you put the object two before the mug.
  Drive to where you placed the object you moved two objects before the mug.
  Head for the receptacle on which you set an item two steps before the mug.
44 | receptacle: picked; 2 after 'mug'
  Navigate to the receptacle you picked an object from two interactions after the mug.
  Go to the surface from which you took the second object after the mug.
  Drive to where you picked up the object you moved two objects after the mug.
  Head for the receptacle from which you grabbed an item two steps after the mug.
45 | receptacle: placed; between 'mug' and 'bowl'
  Navigate to the receptacle you placed an object on between interacting with the mug and the bowl.
  Go to the surface where you put something after the mug and before the bowl.
  Drive to where you set down the object that you handled between the mug and the bowl.
  Between the mug and the bowl you placed an item on some furniture; go there.
46 | receptacle: picked; between 'mug' and 'bowl'
  Navigate to the receptacle you picked an object from between interacting with the mug and the bowl.
  Go to the surface where you took something after the mug and before the bowl.
  Drive to where you picked up the object that you handled between the mug and the bowl.
  Between the mug and the bowl you took an item from some furniture; go there.
47 | receptacle: handled; at 08:30
  Navigate to the receptacle you interacted with at 08:30.
  Go to the furniture you were using at 8:30 am.
  Drive to the receptacle you were dealing with at half past eight.
  At 08:30 you were interacting with a receptacle. Go to it.
  Which furniture did you use at 8:30? Go there.
  Head for the surface involved in what you were doing at 08:30.
48 | object: handled; at 08:30
  Navigate to the object you interacted with at 08:30.
  Go to the item you were holding at 8:30 am.
  Drive to the object you were handling at half past eight.
  At 08:30 you were carrying an object. Go to it.
  Head for what you were moving at 08:30.
  Which item were you busy with at 8:30? Go there.
  Go to whatever you had in your gripper at 08:30.
49 | object: handled; longest
  Navigate to the object that took the longest time to rearrange.
  Go to the item you spent the most time moving.
  Drive to the object whose rearrangement took longest.
  Head for the thing that took you the longest to move.
  Which item needed the most time to be relocated? Go to it.
  Go to the object with the longest interaction.
  Find the object you were busy with for the longest time.
50 | room: longest
  Navigate to the room where you spent the most time.
  Go to the room you stayed in the longest.
  Drive to the room in which you were longest.
  Head for the room where you spent the largest amount of time.
  Which room did you spend the most time in? Go there.
  Go to where you spent most of the day's time.
  Return to the room that you remained in for the longest.
51 | object: handled; shortest
  Navigate to the object that took the shortest time to rearrange.
  Go to the item you spent the least time moving.
  Drive to the object whose rearrangement was quickest.
  Head for the thing that took you the shortest to move.
  Which item needed the least time to be relocated? Go to it.
  Go to the object you moved fastest.
  Go to the object with the shortest interaction.
52 | every receptacle: picked
  Navigate to all receptacles that you picked objects from, in any order.
  Go to each receptacle you took something from.
  Revisit the receptacles from which you picked up objects.
  Visit every surface that you grabbed an item from, order doesn't matter.
  Stop by each place you picked something up from, in no particular order.
53 | every receptacle: placed
  Navigate to all receptacles that you placed objects on, in any order.
  Go to each receptacle you put something on.
  Revisit the receptacles on which you placed objects.
  Visit every surface that you set an item on, order doesn't matter.
  Go by each place you dropped something off at, in no particular order.
54 | every receptacle: named 'table'; placed
  Navigate to all tables that you placed objects on, in any order.
  Go to each table you put something on.
  Revisit all the tables on which you placed objects.
  Visit every table that you set an item on, regardless of order.
55 | every receptacle: named 'table'; picked
  Navigate to all tables that you picked objects from, in any order.
  Go to each table you took something from.
  Revisit all the tables from which you picked up objects.
  Visit every table that you grabbed an item from, regardless of order.
56 | every object: handled
  Navigate to all objects that you interacted with, in any order.
  Go to each item you handled.
  Revisit the objects you moved.
  Visit every thing that you rearranged; any order is fine.
  Return to each of the items you carried, whatever the order.
  Go to everything you moved.
57 | every receptacle: handled
  Navigate to all receptacles that you interacted with, in any order.
  Go to each receptacle you used.
  Revisit the receptacles you interacted with.
  Visit every piece of furniture that you picked from or placed on; any order is fine.
  Return to each of the surfaces you used, whatever the order.
58 | each receptacle in order: picked; number 3, 1, 2
  Navigate to the receptacles you picked objects from in this order: third, first, second.
  Go to the third receptacle you picked from, then the first, and finally the second.
  Revisit the third, first and second receptacles that you took something from, in that order.
  First go to the third receptacle you picked an object from, then to the first, and last to the second.
  Visit the receptacles you picked from in the following order: 3rd, 1st, 2nd.
59 | each receptacle in order: placed; number 3, 1, 2
  Navigate to the receptacles you placed objects on in this order: third, first, second.
  Go to the third receptacle you placed something on, then the first, and finally the second.
  Revisit the third, first and second receptacles that you put something on, in that order.
  Visit the receptacles you placed on in the following order: 3rd, 1st, 2nd.
60 | each object in order: handled; number 3, 1, 2
  Navigate to the objects you interacted with in this order: third, first, second.
  Go to the third object you moved, then the first, and finally the second.
  Revisit the third, first and second items that you handled, in that order.
  Visit the objects you rearranged in the following order: 3rd, 1st, 2nd.
  First go to the third object you carried, then the first one, then the second one.
"""
# Told in other ways: in two sentences, by what things suffered, with numbers at odd places
HARDER = """
- | object: named 'alarm clock'
  Your destination is an alarm clock.
- | object: named 'scissors'
  Would you drive to a pair of scissors?
- | receptacle: named 'chest of drawers'
  Position yourself in front of a chest of drawers.
- | receptacle: named 'washer dryer'
  Go stand next to the washer-dryer.
- | receptacle: named 'shelves'
  Drive up to a set of shelves.
- | object: named 'gizmo'
  Please navigate to a gizmo.
- | receptacle: handled
  Make your way to any furniture that played a role in your tidying.
  Return to furniture that you either emptied or filled.
  Find furniture that served as the source or the target of one of your moves.
  Go to some furniture at which you did a pick or a place.
- | receptacle: not handled
  Pick out a piece of furniture that you made no use of and go there.
  Drive to a piece of furniture that took no part in your work.
  Move over to furniture you have not touched all day.
  Head for furniture that neither gave nor received an object.
- | object: handled
  Head to any item whose place you changed.
  Seek out a thing that is no longer where it was at first because you moved it.
  Drive to one of the objects you brought somewhere else.
- | object: not handled
  Head to any item whose place you did not change.
  Look for an object that you did not bring anywhere.
  Drive to a small item that is still where it was in the morning, since you never took it.
- | receptacle: picked
  Head to furniture off which you took something.
  Go back to any furniture that you lifted an item from.
  Drive to a piece of furniture that lost an object to you.
- | receptacle: placed
  Head to furniture on top of which you left something.
  Go back to any furniture that got an object from you.
  Drive to a piece of furniture that you used to put something down.
- | object: named 'mug'; handled
  Which mug did you move? Drive to it.
  Go see the mug whose place you changed.
- | object: named #2 'mug'; handled
  Locate the second mug that you relocated.
- | object: named 'mug'; not handled
  Go to a mug that is still in its old place because you never moved it.
- | receptacle: named 'table'; not handled
  Is there a table you made no use of? Go there.
- | receptacle: named 'couch'; picked
  Go to a couch that was the starting point of one of your moves.
  Which couch did you take something from? Drive over there.
- | receptacle: named 'couch'; placed
  Go to a couch that was the end point of one of your moves.
  Which couch did you put an object on? Drive over there.
- | receptacle: picked; of 'mug'
  Which piece of furniture did the mug lie on before you took it? Go there.
  Navigate to the furniture you removed the mug from.
- | receptacle: picked; of #2 'mug'
  Drive back to where the second mug had been at the beginning.
- | receptacle: placed; of 'mug'
  Navigate to the furniture you put the mug on.
- | object: handled; origin 'table'
  Which object did you take from a table? Go to it.
- | object: handled; origin 'chest of drawers'
  Find the thing that used to be on the chest of drawers and that you carried off.
- | object: shape 'spherical'; handled
  Which of the things you moved is spherical? Go there.
- | object: shape 'elongated'; handled
  Drive to the thing of elongated shape that you took elsewhere.
- | object: shape 'irregular'; handled
  Drive to the irregularly shaped thing that you took elsewhere.
- | object: shape 'animal'; handled
  Go to the animal-shaped object you moved.
- | object: color 'turquoise'; handled
  Something turquoise was carried by you. Go to it.
- | object: color 'blue'; handled
  Of the objects you moved, go to the blue one.
- | object: print 'floral'; handled
  Of the objects you moved, go to the one with flowers on it.
- | object: print 'logo'; handled
  Go to the item bearing a logo that you moved.
- | object: print 'bordered'; handled
  Drive to the object with a border that you handled.
- | object: material 'plastic'; handled
  Of the objects you moved, go to the plastic one.
- | object: material 'organic'; handled
  Go to the object made of organic matter that you moved.
- | object: function 'cut'; handled
  Of the objects you moved, go to the one that is good for cutting.
- | object: function 'tell tim'; handled
  Go to the object for telling the time that you interacted with.
- | object: function 'play gam'; handled
  Drive to the thing you moved that serves for playing games.
- | receptacle: handled; farthest
  Drive as far as you can: to the farthest furniture that you made use of.
  Pick the piece of furniture you used that lies at the greatest distance from you, and go to it.
- | receptacle: not handled; farthest
  Drive to whichever piece of furniture you saw without using it is the most distant from here.
- | receptacle: picked; farthest
  What is the farthest piece of furniture you took an object from? Drive to it.
- | receptacle: placed; farthest
  From where you are, the furniture you put objects on lies at various distances; go to the farthest.
- | object: handled; farthest
  From where you are now, which moved object is the farthest? Go to it.
- | room: picked; of #3 of all
  Which room was the third object in when you picked it up? Drive there.
- | room: placed; of #3 of all
  Which room did you carry the third object into? Drive there.
- | room: picked; of 'mug'
  Which room was the mug in before you moved it? Drive there.
- | room: placed; of 'mug'
  Which room did you carry the mug into? Drive there.
  Go into the room where you let go of the mug.
- | room: not visited; else the start
  Go to any room you have yet to visit; failing that, to the room where your day began.
  If there is a room you were never in, go there; if not, go back to the first room.
  Some room may not have been visited by you: go there, or if all were, go to the room you started from.
- | object: handled; number 3
  What was the third object that you moved? Go to it.
  Go to object number three in the order in which you moved them.
  Of your interactions take the third: go to its object.
- | object: handled; number -1
  Go to the last object you moved.
- | receptacle: picked; number 3
  Go to the furniture that you took an object from as the third.
  Which was the third piece of furniture you took an object from? Go there.
- | receptacle: placed; number 3
  Which was the third piece of furniture you put an object on? Go there.
- | receptacle: picked; of #3 of all
  Where was the third object before you moved it? Go to that furniture.
- | object: handled; origin #3 of all
  From the third piece of furniture you took an object; go to that object.
- | object: handled; 1 after 'mug'
  You moved the mug and right after it another object. Go to the latter.
  When you were done with the mug you turned to another object; go to that object.
  Having put down the mug, you picked up something else. Find it.
- | object: handled; 1 before 'mug'
  Just before you took the mug you moved something else. Find it.
  The object that came immediately before the mug in your work is where I want you to go.
- | object: handled; 2 after 'mug'
  Go to the next but one object that you moved after the mug.
- | object: handled; 2 before 'mug'
  Go to the object that you moved two places before the mug.
- | object: handled; between 'mug' and 'bowl'
  First you moved the mug, later the bowl; go to what you moved in between.
  Go to the object that came after the mug and before the bowl.
- | receptacle: placed; 1 before 'mug'
  Before the mug you moved another object; drive to the furniture where you put that one down.
  Drive to the furniture on which the object you moved directly before the mug ended up.
- | receptacle: picked; 1 after 'mug'
  After the mug you moved another object; drive to the furniture where you picked that one up.
  Drive to the furniture from which the object you moved directly after the mug came.
- | receptacle: placed; 2 before 'mug'
  Drive to the furniture on which the object you moved two before the mug ended up.
- | receptacle: placed; between 'mug' and 'bowl'
  Drive to the furniture that received the object you moved between the mug and the bowl.
- | receptacle: picked; between 'mug' and 'bowl'
  Drive to the furniture that held the object you moved between the mug and the bowl at first.
- | receptacle: handled; at 14:05
  Which furniture was part of the move that you were making at 14:05? Go there.
  The clock said 14:05 and you were busy with an object: go to the furniture where that move began or ended.
- | object: handled; at 14:05
  What did you have in hand at 14:05? Go to it.
  The clock said 14:05 and you were busy with an object: go to it.
- | object: handled; at 14:05 on day 2
  Go to the object that you were handling at 14:05 on day 2.
- | object: handled; longest
  Moving one object took you longer than any other; go to it.
  Go to the object whose move lasted longest.
- | object: handled; shortest
  Moving one object took you less time than any other; go to it.
  Go to the object whose move lasted the shortest.
- | room: longest
  Which room were you in for the longest time? Go there.
  Drive to the room where you passed most of your time.
- | every receptacle: picked
  Make a round of all furniture from which you took something; the order is up to you.
- | every receptacle: placed
  Make a round of all furniture on which you put something; the order is up to you.
- | every receptacle: named 'table'; placed
  Make a round of all tables on which you put something, in an order of your choice.
- | every receptacle: named 'table'; picked
  Go once more to all tables that you took objects from, however you like.
- | every object: handled
  Make a round of all the objects you moved; the order is up to you.
- | every receptacle: handled
  Make a round of all the furniture you took something from or put something on, in an order of your choice.
- | each receptacle in order: picked; number 2, 1
  Of the furniture that you took objects from, visit the second and then the first.
- | each receptacle in order: placed; number 2, 4, 1
  Visit in this order the furniture you put something on: second, fourth, first.
- | each object in order: handled; number 2, 4, 1
  Stop at the objects you moved in the sequence second, fourth, first.
  Go to objects you moved: the second, the fourth, the first, exactly in that order.
- | receptacle: handled
  I would like you to stand before any furniture that you made use of during your chores.
- | receptacle: not handled
  Choose a piece of furniture that you never took from or put onto, and drive there.
- | object: not handled
  Stop at something you could have carried but did not.
- | receptacle: picked; of 'toy car'
  Take me to the furniture on which you came across the toy car.
- | receptacle: placed; of 'toy car'
  Take me to wherever you dropped the toy car.
- | object: handled; origin 'bed'
  Take me to the thing which lay on the bed and which you then carried off.
- | object: color 'green'; handled
  You carried something green; take me to it.
- | object: print 'checked'; handled
  Take me to the carried object with a checked pattern.
- | object: material 'leather'; handled
  One of the objects you carried is made of leather. Drive there.
- | object: function 'cook'; handled
  One of the objects you carried is meant for cooking. Drive there.
- | receptacle: handled; farthest
  Out of the furniture you made use of, take the piece with the longest way from here.
- | object: handled; farthest
  Which carried object has the longest drive from here? Go and find it.
- | room: picked; of #2 of all
  Take me to the room in which you got hold of the second object.
- | room: placed; of #2 of all
  Take me to the room in which the second object found its new place.
- | room: picked; of 'vase'
  In what room did you pick the vase up? Take me there.
- | room: placed; of 'vase'
  To which room did you bring the vase? Take me there.
- | object: handled; number 5
  Take me to the fifth of all objects that you carried.
- | receptacle: picked; number 2
  From which piece of furniture did you take an object second? Take me there.
- | receptacle: placed; number 2
  Take me to the second piece of furniture on which something was laid by you.
- | receptacle: picked; of #2 of all
  Take me to the piece of furniture that was the home of the second object before you carried it away.
- | object: handled; origin #2 of all
  Take me to the object whose home was the second piece of furniture you took something from.
- | object: handled; 1 after 'vase'
  What did you carry straight after the vase? Take me there.
- | object: handled; 1 before 'vase'
  What did you carry straight before the vase? Take me there.
- | object: handled; 2 after 'vase'
  What did you carry two turns after the vase? Take me there.
- | object: handled; 2 before 'vase'
  Take me to the object that was carried two moves before the vase.
- | object: handled; between 'vase' and 'can'
  The object that you carried after the vase but before the can is where you should go.
- | receptacle: placed; 1 before 'can'
  Take me to the furniture where the object carried just before the can was set down.
- | receptacle: picked; 1 after 'can'
  Take me to the furniture where the object carried just after the can was picked up.
- | receptacle: placed; 2 before 'can'
  Two moves before the can you put something on a piece of furniture. Take me to it.
- | receptacle: picked; 2 after 'can'
  Two moves after the can you took something from a piece of furniture. Take me to it.
- | receptacle: placed; between 'vase' and 'can'
  Take me to the furniture onto which you moved the object that came between the vase and the can.
- | receptacle: handled; at 09:12
  At which furniture were you working at 09:12? Take me there.
- | object: handled; at 09:12
  Take me to the thing that was being carried at 09:12.
- | object: handled; longest
  Which object kept you busy longest? Take me to it.
- | object: handled; shortest
  Which object kept you busy for the shortest time? Take me to it.
- | room: longest
  In what room did you linger longest? Take me there.
- | every receptacle: picked
  Take a tour of all places from which you picked objects up, in whatever order suits you.
- | every object: handled
  Take a tour of all the things you carried, in whatever order suits you.
- | each object in order: handled; number 4, 2
  See the fourth and then the second of the objects you carried, in exactly this order.
- | each receptacle in order: placed; number 1, 3, 2
  Tour the furniture you laid objects on as follows: first, third, second.
- | each receptacle in order: picked; number 2, 3
  Drive to the second and after that to the third piece of furniture you took an object from.
"""


def _rows(text: str) -> list[tuple[str, str, str]]:
    """(template, program, sentence)."""
    rows, head = [], ("", "")
    for line in text.strip().splitlines():
        if line.startswith("  "):
            rows.append((*head, line.strip()))
        else:
            template, _, program = line.partition(" | ")
            head = (template, program)
    return rows


def test_paraphrases_cover_all_templates() -> None:
    numbers = {int(template) for template, _, _ in _rows(PARAPHRASES)}
    assert numbers == set(range(1, 61))


@pytest.mark.parametrize(("template", "program", "sentence"), _rows(PARAPHRASES + HARDER[1:]))
def test_sentence_reads_as_program(template: str, program: str, sentence: str) -> None:
    readings = read_instruction(sentence)
    assert readings.error is None
    assert str(readings.best.program) == program
