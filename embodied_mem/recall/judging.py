"""From matches to candidates, best first, and to the verdict on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .entity_index import GONE, PERSON, STATUSES
from .indexes import Indexes, Moment
from .matching import Matches
from .mobility import REACH_HAZARD
from .places import looked_share
from .verdict import Candidate, Judgement, judge_where

JUDGED = 32
"""Candidates beyond the best so many do not change a verdict."""


class Judge:
    """Reads indexes that are up to date."""

    def __init__(self, indexes: Indexes) -> None:
        self._ix = indexes

    def within(self, matches: Matches, moment: Moment) -> Matches:
        """Only what was seen in the interval asked for."""
        if moment.since_ns is None:
            return matches
        last_ns = self._ix.entities.states["last_seen_ns"][matches.state_rows]
        return matches.chosen(np.asarray(last_ns >= moment.since_ns))

    def is_sure(self, matches: Matches) -> NDArray[np.bool_]:
        """Confirmed, and not gone."""
        is_confirmed = self._ix.entities.entities["is_confirmed"][matches.rows]
        is_somewhere = self._ix.entities.states["status"][matches.state_rows] != GONE
        return np.asarray(is_confirmed & is_somewhere)

    def candidates(
        self, matches: Matches, moment: Moment, limit: int
    ) -> tuple[list[Candidate], list[float]]:
        """The best by score; equal ones by last sighting, then number.

        Where one certain thing is meant, it is the one that fits best, however long ago it was seen.
        """
        entities, states = self._ix.entities.entities, self._ix.entities.states
        rows, state_rows = matches.rows, matches.state_rows
        stays = self._ix.mobility.still_there(rows, state_rows, moment.now_ns)
        score = matches.weights * entities["existence"][rows]
        score = score * (1.0 if matches.is_definite else 0.3 + 0.7 * stays)
        score = score * np.where(entities["is_confirmed"][rows], 1.0, 0.3)
        score = np.round(np.where(states["status"][state_rows] == GONE, 0.3 * score, score), 6)
        last_ns = states["last_seen_ns"][state_rows]
        if len(rows) > 4 * limit:
            least = np.partition(score, len(score) - limit)[len(score) - limit]
            kept = np.flatnonzero(score >= least)
        else:
            kept = np.arange(len(rows))
        order = np.lexsort((entities["number"][rows[kept]], -last_ns[kept], -score[kept]))
        best = kept[order[:limit]]
        return self.made(matches.taken(best), moment, stays[best]), score[best].tolist()

    def made(
        self, matches: Matches, moment: Moment, stays: NDArray[np.float64] | None = None
    ) -> list[Candidate]:
        """Candidates in the order of the matches, with what happened around the first ones."""
        index = self._ix.entities
        if stays is None:
            stays = self._ix.mobility.still_there(matches.rows, matches.state_rows, moment.now_ns)
        table = index.entities[matches.rows]
        made = []
        for n, (row, state_row) in enumerate(
            zip(matches.rows.tolist(), matches.state_rows.tolist(), strict=True)
        ):
            reach = 0
            if n < JUDGED and table["kind"][n] != PERSON:
                reach = self._ix.mobility.people_in_reach(state_row, moment.now_ns)
            made.append(
                Candidate(
                    row,
                    state_row,
                    float(matches.weights[n]),
                    float(table["existence"][n]),
                    float(stays[n]) * REACH_HAZARD**reach,
                    bool(table["is_confirmed"][n]),
                    STATUSES[int(index.states["status"][state_row])],
                    int(table["observation_count"][n]),
                    len(index.state_of(state_row).ending_evidence) if n < JUDGED else 0,
                    reach,
                )
            )
        return made

    def judge(
        self, matches: Matches, candidates: list[Candidate], *, is_definite: bool | None = None
    ) -> Judgement:
        looked = 0.0
        if matches.place is not None:
            looked = looked_share(
                self._ix.entities, self._ix.rooms, matches.place, self._ix.sources.space
            )
        return judge_where(
            candidates,
            is_definite=matches.is_definite if is_definite is None else is_definite,
            rival_ratio=self._ix.calibration.rival_ratio,
            place=matches.place,
            looked=looked,
            elsewhere_count=matches.elsewhere_count,
            kin=matches.kin,
        )
