"""Runs a program on what a memory knows: an ordered list of slots, one a target, each with candidates.

`interpret` is the page to read. Everything that asks about deeds goes over the rounds of pick and place;
what was never touched is told by negative evidence: it was seen, and no round names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...core import Verdict
from ...entities.entity import Status
from ...episodic.interactions import Interaction
from .names import NameMatcher
from .program import (
    Between,
    Deed,
    Kind,
    Measure,
    Moment,
    Name,
    Offset,
    Program,
    Quantifier,
)
from .scene import RoomInfo, Scene, Thing

_MINUTE_NS = 60_000_000_000
_LEAST_ROOM_M2 = 2.0
_TIE_M = 0.1
_STATUS = {Status.PRESENT: 1.0, Status.HELD: 0.3, Status.GONE: 0.15}


@dataclass(frozen=True)
class Target:
    """Something to reach."""

    kind: Kind
    target_id: str
    """Of an entity or a room."""
    label: str
    probability: float
    """That it is what the instruction means."""
    verdict: Verdict
    why: str
    stamps_ns: tuple[tuple[int, int], ...] = ()
    """When the robot stood at it or in it because of a round: from reach to pick, from place to end."""


@dataclass(frozen=True)
class Answer:
    """What a program comes to. Each slot lists candidates, best first; one of each is to be reached."""

    slots: tuple[tuple[Target, ...], ...]
    verdict: Verdict
    explanation: str

    @property
    def targets(self) -> tuple[Target, ...]:
        """The best candidate of each slot."""
        return tuple(slot[0] for slot in self.slots)


@dataclass(frozen=True)
class _Found:
    """A candidate while the parts of a program are applied."""

    target_id: str
    weight: float
    stamps_ns: tuple[tuple[int, int], ...] = ()
    duration_ns: int = 0
    why: str = ""


def interpret(program: Program, scene: Scene, matcher: NameMatcher | None = None) -> Answer:
    """Targets of a program, with a verdict; never raises for an empty memory."""
    run = _Run(scene, matcher or NameMatcher())
    if program.kind is Kind.ROOM and program.deed is None:
        found = run.rooms(program)
    elif _is_about_rounds(program):
        found = run.by_rounds(program)
    else:
        found = run.by_sight(program)
    found = run.narrowed(found, program)
    found = run.best_by_measure(found, program)
    return _answer(run, program, found)


def _is_about_rounds(program: Program) -> bool:
    is_told = (
        program.relative, program.moment, program.of, program.origin, program.destination,
        program.ordinals,
    )  # fmt: skip
    if not program.is_deed_done:
        return False
    is_long = program.superlative is not None and program.superlative.measure is Measure.DURATION
    is_nth = program.name is not None and program.name.occurrence != 0
    return program.deed is not None or is_long or any(is_told) or is_nth


class _Run:
    """One program on one scene."""

    def __init__(self, scene: Scene, matcher: NameMatcher) -> None:
        self.scene, self.matcher = scene, matcher
        self.notes: list[str] = []

    # Candidates

    def by_rounds(self, program: Program) -> list[_Found]:
        """The ends of rounds that pass every filter, in the order of time, each once."""
        rounds = self._rounds(program)
        self.notes.append(f"rounds {', '.join(str(one.order) for one in rounds) or 'none'}")
        rows: dict[str, _Found] = {}
        for one in rounds:
            for target_id, stamps_ns in _ends(one, program.kind, program.deed or Deed.HANDLED):
                if not target_id:
                    continue
                why = f"round {one.order}: {one.label}"
                held = rows.get(target_id)
                if held is None:
                    rows[target_id] = _Found(target_id, 1.0, (stamps_ns,), one.duration_ns, why)
                else:
                    longest = max(held.duration_ns, one.duration_ns)
                    rows[target_id] = replace(
                        held, stamps_ns=(*held.stamps_ns, stamps_ns), duration_ns=longest
                    )
        return list(rows.values())

    def by_sight(self, program: Program) -> list[_Found]:
        """Things that were seen; without those of a round if that is asked for."""
        used = set()
        if program.deed is not None and not program.is_deed_done:
            used = {
                target_id
                for one in self.scene.rounds
                for target_id, _ in _ends(one, program.kind, program.deed)
            }
            self.notes.append(f"not among the {len(used)} of all rounds")
        found = []
        for thing in self.scene.of_kind(program.kind):
            if thing.entity_id in used or not thing.is_confirmed or thing.position is None:
                continue
            found.append(_Found(thing.entity_id, 1.0, (), 0, "seen"))
        return found

    def rooms(self, program: Program) -> list[_Found]:
        rooms = [
            _Found(room.room_id, 1.0, (), room.total_ns, room.kind) for room in self.scene.rooms
        ]
        if program.is_visited is False:
            unseen = [room for room in self.scene.rooms if _is_unvisited(room)]
            if unseen or not program.is_start:
                return [_Found(room.room_id, 0.8, (), 0, "never entered") for room in unseen]
            self.notes.append("every room was entered")
        if program.is_start:
            start = self.scene.start_room_id
            moment = (self.scene.start_ns, self.scene.start_ns)
            return [_Found(start, 1.0, (moment,), 0, "the first room")] if start else []
        return rooms

    # Rounds

    def _rounds(self, program: Program) -> list[Interaction]:
        rounds = list(self.scene.rounds)
        if program.deed is Deed.PLACED:
            rounds = [one for one in rounds if one.is_done]
        if program.of is not None:
            wanted = self._entities(program.of)
            rounds = [one for one in rounds if one.entity_id in wanted]
        if program.origin is not None:
            places = self._places(program.origin, [one.from_id for one in self.scene.rounds])
            rounds = [one for one in rounds if one.from_id in places]
        if program.destination is not None:
            places = self._places(program.destination, [one.to_id for one in self.scene.rounds])
            rounds = [one for one in rounds if one.to_id in places]
        if isinstance(program.relative, Offset):
            rounds = [one for one in rounds if one.order in self._beside(program.relative)]
        elif isinstance(program.relative, Between):
            rounds = [one for one in rounds if one.order in self._between(program.relative)]
        if program.moment is not None:
            rounds = self._at(program.moment, rounds)
        return rounds

    def _entities(self, name: Name) -> set[str]:
        """Entities that were handled and that a name means; 'second mug' is the second one handled."""
        handled = list(dict.fromkeys(o.entity_id for o in self.scene.rounds if o.entity_id))
        if name.text:
            things = [self.scene.things[i] for i in handled if i in self.scene.things]
            weights = self.matcher.weights(name.text, things)
            handled = [i for i in handled if i in weights]
        return _nth(handled, name.occurrence)

    def _places(self, name: Name, used: Sequence[str]) -> set[str]:
        distinct = list(dict.fromkeys(i for i in used if i))
        if name.text:
            things = [self.scene.things[i] for i in distinct if i in self.scene.things]
            weights = self.matcher.weights(name.text, things)
            distinct = [i for i in distinct if i in weights]
        return _nth(distinct, name.occurrence)

    def _orders(self, name: Name) -> list[int]:
        """Numbers of the rounds with what a name means."""
        entities = self._entities(name)
        return [one.order for one in self.scene.rounds if one.entity_id in entities]

    def _beside(self, offset: Offset) -> set[int]:
        anchors = self._orders(offset.anchor)
        if not anchors:
            self.notes.append(f"no round with {offset.anchor}")
            return set()
        anchor = anchors[-1] if offset.count > 0 else anchors[0]
        return {anchor + offset.count}

    def _between(self, pair: Between) -> set[int]:
        first, second = self._orders(pair.first), self._orders(pair.second)
        if not first or not second:
            self.notes.append(f"no round with {pair.second if first else pair.first}")
            return set()
        gaps = [(abs(a - b), min(a, b), max(a, b)) for a in first for b in second if abs(a - b) > 1]
        _, low, high = min(gaps, default=(0, 0, 0))
        return set(range(low + 1, high))

    def _at(self, moment: Moment, rounds: list[Interaction]) -> list[Interaction]:
        """Rounds that were going on; the nearest one if there was none."""
        wanted = round(moment.clock_s * 1e9)

        def gap_ns(one: Interaction) -> int:
            start = self.scene.clock_ns(one.start_ns)
            end = start + one.duration_ns
            return max(0, start - wanted - _MINUTE_NS // 2, wanted + _MINUTE_NS // 2 - end)

        if moment.day:
            rounds = [o for o in rounds if self.scene.day_of(o.start_ns) == moment.day]
        least = min(map(gap_ns, rounds), default=0)
        if least:
            self.notes.append(f"nothing was carried at that minute; {least / 6e10:.0f} min off")
        return [one for one in rounds if gap_ns(one) == least]

    # Narrowing

    def narrowed(self, found: list[_Found], program: Program) -> list[_Found]:
        """By name, looks, place, and by how likely it is to be there."""
        if program.kind is Kind.ROOM:
            return self._named_rooms(found, program)
        things = self.scene.things
        found = [row for row in found if row.target_id in things]
        if program.name is not None:
            weights = self.matcher.weights(program.name.text, [things[r.target_id] for r in found])
            found = [
                replace(r, weight=weights[r.target_id]) for r in found if r.target_id in weights
            ]
            kept = _nth([r.target_id for r in found], program.name.occurrence)
            found = [r for r in found if r.target_id in kept]
        for attribute in program.attributes:
            fits = {
                r.target_id: self.matcher.attribute_fit(attribute, things[r.target_id])
                for r in found
            }
            total = sum(fits.values()) or 1.0
            most = max(fits.values(), default=0.0)
            found = [
                replace(
                    r,
                    weight=r.weight * fits[r.target_id] / max(total, most),
                    why=f"{r.why}, {attribute}",
                )
                for r in found
                if fits[r.target_id] >= 0.3 * most
            ]
        if program.place is not None:
            found = [r for r in found if self._is_at(things[r.target_id], program.place)]
        return [self._weighed(row) for row in found]

    def _named_rooms(self, found: list[_Found], program: Program) -> list[_Found]:
        if program.name is None:
            return found
        kinds = {room.room_id: room.kind.replace("_", " ") for room in self.scene.rooms}
        wanted = program.name.text
        return [r for r in found if kinds.get(r.target_id) == wanted or r.target_id == wanted]

    def _is_at(self, thing: Thing, place: Name) -> bool:
        support = self.scene.things.get(thing.support_id)
        if support is not None and self.matcher.weights(place.text, [support]):
            return True
        room = next((r for r in self.scene.rooms if r.room_id == thing.room_id), None)
        return room is not None and room.kind.replace("_", " ") == place.text

    def _weighed(self, row: _Found) -> _Found:
        thing = self.scene.things[row.target_id]
        status = _STATUS[thing.status] if thing.kind is Kind.OBJECT else 1.0
        return replace(row, weight=row.weight * thing.existence * status)

    def best_by_measure(self, found: list[_Found], program: Program) -> list[_Found]:
        """Those with most or least of what a superlative measures, best first."""
        superlative = program.superlative
        if superlative is None or not found:
            return found
        sign = -1.0 if superlative.is_most else 1.0
        if superlative.measure is Measure.DURATION:
            values = {row.target_id: row.duration_ns / 1e9 for row in found}
            tie = 0.0
        else:
            values = {row.target_id: self._way_m(row.target_id) for row in found}
            tie = _TIE_M
        ranked = sorted(found, key=lambda row: (sign * values[row.target_id], row.target_id))
        best = values[ranked[0].target_id]
        unit = "s" if superlative.measure is Measure.DURATION else "m"
        self.notes.append(
            f"{superlative}: "
            + ", ".join(
                f"{self.label_of(r.target_id)} {values[r.target_id]:.1f} {unit}" for r in ranked[:4]
            )
        )
        return [
            replace(row, weight=row.weight, why=f"{row.why}, {values[row.target_id]:.1f} {unit}")
            for row in ranked
            if abs(values[row.target_id] - best) <= tie
        ]

    def _way_m(self, target_id: str) -> float:
        return self.scene.way_m(self.scene.things[target_id])

    def label_of(self, target_id: str) -> str:
        thing = self.scene.things.get(target_id)
        return target_id if thing is None else f"{thing.label} ({target_id})"


def _ends(one: Interaction, kind: Kind, deed: Deed) -> list[tuple[str, tuple[int, int]]]:
    """What a round names of a kind, with the stretch in which the robot stood there."""
    pick = (one.start_ns, one.pick_ns)
    place = (one.place_ns or one.end_ns, one.end_ns)
    if kind is Kind.OBJECT:
        return [(one.entity_id, place)]
    first, second = (
        (one.from_id, one.to_id) if kind is Kind.RECEPTACLE else (one.from_room_id, one.to_room_id)
    )
    if deed is Deed.PICKED:
        return [(first, pick)]
    if deed is Deed.PLACED:
        return [(second, place)]
    return [(first, pick), (second, place)]


def _nth(ids: Sequence[str], number: int) -> set[str]:
    """The n-th of ids as a set; all of them for 0; none if there are too few."""
    if number == 0:
        return set(ids)
    index = number - 1 if number > 0 else number
    return {ids[index]} if -len(ids) <= index < len(ids) else set()


def _is_unvisited(room: RoomInfo) -> bool:
    return not room.is_visited and room.area_m2 >= _LEAST_ROOM_M2


def _answer(run: _Run, program: Program, found: list[_Found]) -> Answer:
    slots: list[list[_Found]]
    if program.quantifier is Quantifier.ORDERED:
        numbers = program.ordinals
        slots = [
            [row for row in found if row.target_id in _nth([f.target_id for f in found], n)]
            for n in numbers
        ]
    elif program.ordinals:
        wanted = _nth([row.target_id for row in found], program.ordinals[0])
        slots = [[row for row in found if row.target_id in wanted]]
    elif program.quantifier is Quantifier.ALL:
        slots = [[row] for row in found]
    else:
        order = sorted(range(len(found)), key=lambda n: (-found[n].weight, n))
        slots = [[found[n] for n in order]]
    filled = [slot for slot in slots if slot]
    verdict = _verdict(run, program, slots)
    is_definite = program.superlative is not None or bool(program.attributes)
    made = tuple(
        tuple(_target(run, program, row, verdict, is_definite=is_definite) for row in slot)
        for slot in filled
    )
    if len(filled) < len(slots):
        run.notes.append(f"{len(slots) - len(filled)} of {len(slots)} are not known")
    return Answer(made, verdict, "; ".join(run.notes))


def _target(
    run: _Run, program: Program, row: _Found, verdict: Verdict, *, is_definite: bool
) -> Target:
    thing = run.scene.things.get(row.target_id)
    label = (
        thing.label
        if thing is not None
        else next((r.kind for r in run.scene.rooms if r.room_id == row.target_id), row.target_id)
    )
    is_gone = thing is not None and thing.kind is Kind.OBJECT and thing.status is Status.GONE
    return Target(
        program.kind,
        row.target_id,
        label,
        round(min(1.0, row.weight), 4),
        Verdict.ABSENT if is_gone else verdict,
        row.why,
        row.stamps_ns,
    )


def _verdict(run: _Run, program: Program, slots: list[list[_Found]]) -> Verdict:
    if not slots or not all(slots):
        is_known = bool(run.scene.rounds) if _is_about_rounds(program) else bool(run.scene.things)
        return Verdict.ABSENT if is_known else Verdict.UNKNOWN
    is_one = program.quantifier is Quantifier.ONE
    is_open = is_one and len(slots[0]) > 1
    if is_open and (program.of or program.relative or program.superlative or program.attributes):
        return Verdict.AMBIGUOUS
    return Verdict.KNOWN
