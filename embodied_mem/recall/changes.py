"""Questions about change: an entity's chain of states, and what differs between two times."""

from __future__ import annotations

import numpy as np

from ..core import Recall, Verdict
from ..entities.entity import Entity, EntityState, Status
from ..errors import InputError
from .entity_index import GONE, HELD, NO_STATE, PERSON, Rows
from .indexes import Indexes, StampRange, check_count, check_times
from .items import EntityItem, name_of, place_text, state_item
from .matching import Query
from .verdict import Features, raw_score

MOVED_M = 0.3
"""Farther apart, two places are different ones."""
CHANGE_KINDS = ("appeared", "gone", "moved", "returned", "taken", "switched")


class ChangeQueries:
    """Reads one memory's indexes; every method brings them up to date first."""

    def __init__(self, indexes: Indexes) -> None:
        self._ix = indexes

    def history(
        self,
        query: Query,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.history`."""
        check_count(k)
        self._ix.refresh()
        moment = self._ix.moment(None, as_of_ns)
        check_times(within)
        matches = self._ix.matcher.match(query, speaker=speaker, at=moment.state_rows)
        name = f"history({query if isinstance(query, str) else 'vector'})"
        if not matches.count:
            return Recall(name, (), Verdict.UNKNOWN, None, "no such thing was ever seen")
        index = self._ix.entities
        last_ns = index.states["last_seen_ns"][matches.state_rows]
        numbers = index.entities["number"][matches.rows]
        best = int(np.lexsort((numbers, -last_ns, -matches.weights))[0])
        row = int(matches.rows[best])
        entity = index.objects[row]
        links = [
            n
            for n, state in enumerate(entity.states)
            if state.since_ns <= moment.now_ns
            and (
                within is None or (state.since_ns <= within[1] and state.last_seen_ns >= within[0])
            )
        ]
        items = tuple(
            state_item(self._ix, row, n, score=1.0, note=self._state_note(entity, entity.states[n]))
            for n in links[-k:]
        )
        rivals = matches.count - 1
        is_ambiguous = matches.is_definite and not matches.is_named and rivals > 0
        features = Features(match=float(matches.weights[best]), existence=entity.existence,
                            still_there=1.0, margin=0.0, support=1.0)  # fmt: skip
        verdict = Verdict.AMBIGUOUS if is_ambiguous else Verdict.KNOWN
        return Recall(
            name,
            items,
            verdict,
            self._ix.calibration.probability(
                verdict, raw_score(verdict, features), family="change"
            ),
            f"{name_of(entity)} ({entity.entity_id}): {len(items)} of {len(entity.states)} states, "
            f"oldest first" + (f"; {rivals} more fit the words" if rivals else ""),
        )

    def diff(
        self,
        before_ns: int,
        after_ns: int,
        *,
        k: int = 100,
        kinds: tuple[str, ...] = (),
        with_people: bool = False,
    ) -> Recall:
        """See `MemoryRecall.diff`."""
        check_count(k)
        check_times((before_ns, after_ns))
        unknown = sorted(set(kinds) - set(CHANGE_KINDS))
        if unknown:
            raise InputError(f"kinds are among {', '.join(CHANGE_KINDS)}, got '{unknown[0]}'")
        self._ix.refresh()
        index = self._ix.entities
        # copies: the index keeps the rows of one stamp alone
        first = index.state_rows_at(before_ns).copy()
        second = index.state_rows_at(after_ns)
        is_shown = index.entities["is_live"] & index.entities["is_confirmed"]
        if not with_people:
            is_shown &= index.entities["kind"] != PERSON
        rows = np.flatnonzero(is_shown & (first != second) & (second != NO_STATE))
        codes = self._kinds_of(first[rows], second[rows])
        wanted = [CHANGE_KINDS.index(kind) for kind in kinds or CHANGE_KINDS]
        is_wanted = np.isin(codes, wanted)
        rows, codes = rows[is_wanted], codes[is_wanted]
        since_ns = index.states["since_ns"][second[rows]]
        order = np.lexsort((index.entities["number"][rows], since_ns))[:k]
        items = tuple(
            self._item(CHANGE_KINDS[code], row, second)
            for row, code in zip(rows[order].tolist(), codes[order].tolist(), strict=True)
        )
        return self._recall(before_ns, after_ns, items, len(rows))

    def _recall(
        self, before_ns: int, after_ns: int, items: tuple[EntityItem, ...], count: int
    ) -> Recall:
        name = f"diff({before_ns}, {after_ns})"
        calibration = self._ix.calibration
        if items:
            existence = [self._existence(item) for item in items]
            features = Features(
                match=1.0, existence=float(np.mean(existence)), still_there=1.0, support=1.0
            )
            return Recall(
                name,
                items,
                Verdict.KNOWN,
                calibration.probability(
                    Verdict.KNOWN, raw_score(Verdict.KNOWN, features), family="change"
                ),
                f"{count} things changed, {len(items)} shown, by time",
            )
        table = self._ix.entities.entities
        last_ns = table["last_seen_ns"][table["is_live"]]
        seen = int((last_ns >= after_ns).sum())
        if not seen:
            return Recall(name, (), Verdict.UNKNOWN, None, "nothing was looked at again by then")
        looked = seen / len(last_ns)
        return Recall(
            name,
            (),
            Verdict.ABSENT,
            calibration.probability(Verdict.ABSENT, looked, family="change"),
            f"no change was noticed; {looked:.0%} of all things were seen again",
        )

    def _kinds_of(self, first: Rows, second: Rows) -> Rows:
        """How two states of each entity differ, as numbers of `CHANGE_KINDS`; -1 for not at all."""
        states = self._ix.entities.states
        before, after = states[np.maximum(first, 0)], states[second]
        was_known = first != NO_STATE
        was_gone, is_gone = before["status"] == GONE, after["status"] == GONE
        gap_m = np.linalg.norm(after["position"] - before["position"], axis=1)
        is_elsewhere = (gap_m > MOVED_M) | (
            (before["support"] != after["support"]) & (gap_m > MOVED_M / 3)
        )
        conditions = [
            (~was_known & ~is_gone, "appeared"),
            (~was_known, ""),
            (~was_gone & is_gone, "gone"),
            (was_gone & ~is_gone, "returned"),
            ((before["status"] != HELD) & (after["status"] == HELD), "taken"),
            (is_gone, ""),
            (is_elsewhere, "moved"),
            (before["switches"] != after["switches"], "switched"),
        ]
        numbers = [CHANGE_KINDS.index(kind) if kind else -1 for _, kind in conditions]
        found = np.select([condition for condition, _ in conditions], numbers, -1)
        return np.asarray(found, np.int64)

    def _item(self, kind: str, row: int, second: Rows) -> EntityItem:
        index = self._ix.entities
        number = int(second[row]) - int(index.entities["state_start"][row])
        entity = index.objects[row]
        where = self._state_note(entity, entity.states[number])
        return state_item(
            self._ix,
            row,
            number,
            score=entity.existence,
            note=f"{kind}: {name_of(entity)}; {where}",
        )

    def _existence(self, item: EntityItem) -> float:
        row = self._ix.entities.row_of(item.item_id.partition("#")[0])
        return float(self._ix.entities.entities["existence"][row])

    def _state_note(self, entity: Entity, state: EntityState) -> str:
        """'moved; on table (entity:3) in kitchen (room:2)'."""
        row = self._ix.entities.row_of(entity.entity_id)
        start = int(self._ix.entities.entities["state_start"][row])
        number = entity.states.index(state)
        room = self._ix.rooms.name_of(int(self._ix.entities.states["room"][start + number]))
        where = " ".join(p for p in (place_text(self._ix, state), f"in {room}" * bool(room)) if p)
        if state.status is Status.GONE:
            where = f"no longer {where}" if where else "no longer there"
        return "; ".join(part for part in (state.change.value.replace("_", " "), where) if part)
