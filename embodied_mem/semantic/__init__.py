"""What memory knows beyond places and things: facts, people, routines and experiences.

`facts.FactView` holds what was told or noted, bitemporally; it reads utterances itself
(`statements`) and ties "this blue mug" to an entity (`binding`). `people.People` answers who is who
and what "my favourite cup" means to whom. `routines.RoutineView` finds what happens every day.
`cases.CaseView` recalls what was tried in a situation and how well it went.

Order among views: entities and events before facts and routines, which read them.
"""
