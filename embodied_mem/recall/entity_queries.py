"""Questions about things: where, all of, how many, the n-th, what is in or on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core import Recall, Verdict
from ..errors import InputError
from .entity_index import GONE, Rows
from .indexes import Indexes, Moment, StampRange, check_count
from .items import CountRecall, EntityItem, entity_item
from .judging import JUDGED, Judge
from .matching import Matches, Query
from .phrase import PlacePhrase
from .places import Place, is_at
from .verdict import Candidate, Features, Judgement

ORDERS = ("first_seen", "last_seen", "handled")


class EntityQueries:
    """Reads one memory's indexes; every method brings them up to date first."""

    def __init__(self, indexes: Indexes) -> None:
        self._ix = indexes
        self._judge = Judge(indexes)

    def where(
        self,
        query: Query,
        *,
        k: int = 5,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.where`."""
        check_count(k)
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        matches = self._matches(query, moment, speaker)
        candidates, scores = self._judge.candidates(matches, moment, max(k, JUDGED))
        judgement = self._judge.judge(matches, candidates)
        items = tuple(
            self._item(c, s, moment) for c, s in zip(candidates[:k], scores[:k], strict=True)
        )
        return self._recall(f"where({text_of(query)})", items, judgement)

    def judge(
        self,
        query: Query,
        *,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Judgement:
        """See `MemoryRecall.judge`."""
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        matches = self._matches(query, moment, speaker)
        return self._judge.judge(matches, self._judge.candidates(matches, moment, JUDGED)[0])

    def find_all(
        self,
        query: Query,
        *,
        k: int = 100,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.find_all`."""
        check_count(k)
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        matches = self._sure(self._matches(query, moment, speaker))
        candidates, scores = self._judge.candidates(matches, moment, k)
        items = tuple(self._item(c, s, moment) for c, s in zip(candidates, scores, strict=True))
        judgement = self._judge.judge(matches, candidates[:JUDGED], is_definite=False)
        return self._recall(f"find_all({text_of(query)})", items, judgement)

    def count(
        self,
        query: Query,
        *,
        k: int = 20,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> CountRecall:
        """See `MemoryRecall.count`."""
        check_count(k)
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        matches = self._matches(query, moment, speaker)
        is_sure = self._judge.is_sure(matches)
        counted = matches.chosen(is_sure)
        candidates, scores = self._judge.candidates(counted, moment, max(k, JUDGED))
        judgement = self._judge.judge(
            counted if counted.count else matches,
            candidates or self._judge.candidates(matches, moment, JUDGED)[0],
            is_definite=False,
        )
        others = matches.chosen(~is_sure)
        probability = None
        if counted.count:
            probability = self._count_probability(counted, others, judgement)
        recall = self._recall(
            f"count({text_of(query)})",
            tuple(
                self._item(c, s, moment) for c, s in zip(candidates[:k], scores[:k], strict=True)
            ),
            judgement,
        )
        return CountRecall(
            recall.query,
            recall.items,
            recall.verdict,
            recall.probability if probability is None else probability,
            f"{counted.count} counted, {others.count} more possible; {recall.explanation}",
            count=counted.count,
            possible_count=others.count,
        )

    def nth(
        self,
        query: Query,
        n: int,
        *,
        order: str = "first_seen",
        k: int = 1,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.nth`."""
        check_count(k)
        if n == 0 or order not in ORDERS:
            raise InputError(
                f"nth needs n from 1 (or -1 for the last) and an order of {', '.join(ORDERS)}, got "
                f"{n} and '{order}'"
            )
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        matches = self._sure(self._matches(query, moment, speaker))
        matches = self._ordered(matches, order)
        start = n - 1 if n > 0 else matches.count + n
        picked = np.arange(matches.count)[start : start + k] if start >= 0 else np.arange(0)
        mask = np.zeros(matches.count, np.bool_)
        mask[picked] = True
        chosen = matches.chosen(mask)
        candidates = self._judge.made(chosen, moment)
        items = tuple(self._item(c, c.weight, moment) for c in candidates)
        name = f"nth({text_of(query)}, {n}, {order})"
        if not items:
            why = f"there are {matches.count} of them, by {order.replace('_', ' ')}"
            features = Features(existence=0.0, looked=0.0)
            return self._recall(name, (), Judgement(Verdict.UNKNOWN, features, why))
        judgement = self._judge.judge(chosen, candidates[:1], is_definite=False)
        return self._recall(name, items, judgement)

    def inside(
        self,
        room: str,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.inside`."""
        return self._at_place(PlacePhrase("in", room.lower()), k, within, as_of_ns, speaker)

    def on(
        self,
        furniture: str,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.on`."""
        return self._at_place(PlacePhrase("on", furniture.lower()), k, within, as_of_ns, speaker)

    def _at_place(
        self,
        phrase: PlacePhrase,
        k: int,
        within: StampRange | None,
        as_of_ns: int | None,
        speaker: str,
    ) -> Recall:
        check_count(k)
        self._ix.refresh()
        moment = self._ix.moment(within, as_of_ns)
        place = self._ix.matcher.resolve_place(phrase, speaker=speaker, at=moment.state_rows)
        rows = self._rows_at(place, moment)
        state_rows = moment.state_rows[rows]
        is_here = is_at(self._ix.entities, place, state_rows)
        is_here &= self._ix.entities.entities["is_confirmed"][rows]
        matches = Matches(
            rows[is_here],
            np.ones(int(is_here.sum())),
            state_rows[is_here],
            phrase.text,
            place=place,
        )
        matches = self._judge.within(matches, moment)
        candidates, scores = self._judge.candidates(matches, moment, max(k, JUDGED))
        items = tuple(
            self._item(c, s, moment) for c, s in zip(candidates[:k], scores[:k], strict=True)
        )
        judgement = self._judge.judge(matches, candidates[:JUDGED], is_definite=False)
        name = "inside" if phrase.relation == "in" else "on"
        return self._recall(f"{name}({phrase.text})", items, judgement)

    # Steps of an answer

    def _rows_at(self, place: Place, moment: Moment) -> Rows:
        """Rows of entities that may be at a place: those with any state there, ascending."""
        index = self._ix.entities
        found = [index.states_by("room", number) for number in place.room_numbers]
        for row in place.entity_rows:
            found.append(index.states_by("support", int(index.entities["number"][row])))
        if not found:
            return np.zeros(0, np.int64)
        rows = np.unique(index.states["entity"][np.concatenate(found)])
        is_known = index.entities["is_live"][rows] & (moment.state_rows[rows] >= 0)
        return np.asarray(rows[is_known], np.int64)

    def _matches(self, query: Query, moment: Moment, speaker: str) -> Matches:
        matches = self._ix.matcher.match(query, speaker=speaker, at=moment.state_rows)
        return self._judge.within(matches, moment)

    def _sure(self, matches: Matches) -> Matches:
        """What counts as an answer; if nothing does, the rest, so that the verdict can say why."""
        is_sure = self._judge.is_sure(matches)
        return matches.chosen(is_sure) if is_sure.any() else matches

    def _item(self, candidate: Candidate, score: float, moment: Moment) -> EntityItem:
        return entity_item(
            self._ix,
            candidate.row,
            candidate.state_row,
            score=score,
            still_there=candidate.still_there,
            now_ns=moment.now_ns,
        )

    def _recall(self, query: str, items: tuple[EntityItem, ...], judgement: Judgement) -> Recall:
        probability = self._ix.calibration.probability(
            judgement.verdict, judgement.raw, family="where"
        )
        return Recall(query, items, judgement.verdict, probability, judgement.explanation)

    def _count_probability(self, counted: Matches, others: Matches, judgement: Judgement) -> float:
        """That each counted one exists and none of the possible ones does, calibrated."""
        existence = self._ix.entities.entities["existence"]
        log_right = float(np.log(np.clip(existence[counted.rows], 0.01, 0.999)).sum())
        is_gone = self._ix.entities.states["status"][others.state_rows] == GONE
        unsure = existence[others.rows[~is_gone]]
        log_right += float(np.log(np.clip(1 - unsure, 0.01, 1.0)).sum())
        return self._ix.calibration.probability(
            judgement.verdict, math.exp(log_right), family="count"
        )

    def _ordered(self, matches: Matches, order: str) -> Matches:
        entities = self._ix.entities.entities
        numbers = entities["number"][matches.rows]
        if order == "handled":
            stamps = self._first_handled(matches)
            kept = np.flatnonzero(stamps < np.iinfo(np.int64).max)
        else:
            stamps = entities[f"{order}_ns"][matches.rows]
            kept = np.arange(matches.count)
        return matches.taken(kept[np.lexsort((numbers[kept], stamps[kept]))])

    def _first_handled(self, matches: Matches) -> NDArray[np.int64]:
        """When each was first picked up, moved or placed; the largest stamp if never."""
        events = self._ix.events
        stamps = np.full(matches.count, np.iinfo(np.int64).max, np.int64)
        actions = [events.code_of(a) for a in ("pick", "place", "rearrange", "moved")]
        for n, row in enumerate(matches.rows.tolist()):
            code = events.code_of(self._ix.entities.objects[row].entity_id)
            if code is None:
                continue
            found = events.rows_of(code)
            is_own = (events.columns.entity[found] == code) & np.isin(
                events.columns.action[found], [a for a in actions if a is not None]
            )
            if is_own.any():
                stamps[n] = events.columns.start_ns[found[is_own]].min()
        return stamps


def text_of(query: Query) -> str:
    return query if isinstance(query, str) else "vector"
