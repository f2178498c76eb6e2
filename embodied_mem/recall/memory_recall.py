"""All questions to one state of a memory: what `memory.recall` and `memory.as_of(t)` return.

Every answer is a `Recall`: items best first, each with its evidence, and a verdict with a calibrated
probability. All but the questions of `SpatialRecall` take `within` (only what was seen in an interval)
and `as_of_ns` (what held then, by what is known now); `memory.as_of(t)` asks what was known then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..core import Recall
from ..journal.store import Journal
from ..perception.text import LexicalEncoder, TextEncoder
from ..spatial.routes import RobotShape
from ..views import MemoryViews
from .adapters import sources_of
from .calibration import Calibration, load_calibration
from .changes import ChangeQueries
from .channels import DEFAULT_WEIGHTS, Channels, SearchResult
from .context import Context, build_context
from .entity_queries import EntityQueries
from .event_queries import EventFilter, EventQueries
from .facts import FactIndex, FactQueries
from .indexes import Indexes, StampRange
from .items import CountRecall
from .looking import LookPlanner
from .matching import Query
from .next_action import DEFAULT_VALUE_M, NextAction, Point3
from .query import SpatialRecall
from .relations import Relations
from .sources import Sources
from .verdict import Judgement

_CONTEXT_ITEMS = 80


class MemoryRecall(SpatialRecall):
    """Read-only questions about space (`SpatialRecall`), things, events, facts and what to do next."""

    def __init__(
        self,
        journal: Journal,
        views: MemoryViews,
        *,
        until_stamp_ns: int | None = None,
        sources: Sources | None = None,
        encoder: TextEncoder | None = None,
        calibration: Calibration | None = None,
        channel_weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    ) -> None:
        """`sources` replaces what the views hold; the other arguments have defaults of the package."""
        super().__init__(journal, views, until_stamp_ns=until_stamp_ns)
        sources = sources or sources_of(views)
        calibration = calibration or load_calibration()
        self._ix = Indexes(sources, encoder or LexicalEncoder(), calibration)
        self._entity_queries = EntityQueries(self._ix)
        self._change_queries = ChangeQueries(self._ix)
        self._event_queries = EventQueries(self._ix)
        fact_index = FactIndex(sources.facts)
        self._fact_queries = FactQueries(self._ix, fact_index)
        self._relations = Relations(self._ix, fact_index, self._event_queries)
        self._channels = Channels(
            self._ix, fact_index, self._event_queries, self._relations, weights=channel_weights
        )
        self._look_planner = LookPlanner(self._ix, self, self._entity_queries, self._channels)

    # Things

    def where(
        self,
        query: Query,
        *,
        k: int = 5,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """Where something is: `EntityItem`s with last place, support, room and holder.

        `query` is words ('red mug', 'the mug on the kitchen table', with a `speaker` 'my favourite
        cup'), an entity id, or a vector of the text encoder. 'the' and 'my' mean one certain thing.
        Verdict: known (seen, and nothing speaks against it), stale (by now it has probably been
        moved), ambiguous (one certain thing is meant, and several fit), absent (it went away and no other
        place is known; or the place asked for was looked at and has none), unknown (never seen).
        """
        return self._entity_queries.where(
            query, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    def judge(
        self,
        query: Query,
        *,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Judgement:
        """The verdict of `where` with its features and raw score: rows for calibration."""
        return self._entity_queries.judge(query, within=within, as_of_ns=as_of_ns, speaker=speaker)

    def find_all(
        self,
        query: Query,
        *,
        k: int = 100,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """All confirmed things that fit, best first; never ambiguous."""
        return self._entity_queries.find_all(
            query, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    def count(
        self,
        query: Query,
        *,
        k: int = 20,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> CountRecall:
        """How many there are: `count` of confirmed ones that are not gone; shows `k` of them.

        The probability is that the number is right: that all counted ones exist, and no possible one.
        """
        return self._entity_queries.count(
            query, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
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
        """The n-th of the things that fit, from 1; -1 is the last. `k` shows further ones.

        `order` is 'first_seen', 'last_seen', or 'handled' (by when each was first picked up or moved).
        """
        return self._entity_queries.nth(
            query, n, order=order, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    def inside(
        self,
        room: str,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """What is in a room or a container: an id or words ('kitchen', 'the fridge')."""
        return self._entity_queries.inside(
            room, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    def on(
        self,
        furniture: str,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """What lies on furniture: an id or words ('kitchen table')."""
        return self._entity_queries.on(
            furniture, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    # Change

    def history(
        self,
        query: Query,
        *,
        k: int = 50,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """The states of the thing that fits best, oldest first; the last `k` of them."""
        return self._change_queries.history(
            query, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
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
        """What differs between two times, by when it changed: appeared, gone, moved, returned, taken,
        switched. Each item is the state that holds at the later time."""
        return self._change_queries.diff(
            before_ns, after_ns, k=k, kinds=kinds, with_people=with_people
        )

    changed = diff

    # Events

    def events(
        self,
        *,
        action: str | Sequence[str] = (),
        actor: str = "",
        about: str = "",
        room: str = "",
        place: str = "",
        from_place: str = "",
        to_place: str = "",
        level: str = "",
        after: str = "",
        before: str = "",
        order: str = "oldest",
        k: int = 20,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """Events that pass every filter given; see `EventFilter`. 'oldest' or 'newest' first.

        The event right after another: `after='event:12', k=1`; the one before the last:
        `order='newest', before=...`.
        """
        wanted = EventFilter(
            actions=(action,) if isinstance(action, str) else tuple(action),
            actor=actor,
            about=about,
            room=room,
            place=place,
            from_place=from_place,
            to_place=to_place,
            level=level,
            within=within,
            as_of_ns=as_of_ns,
            after=after,
            before=before,
            speaker=speaker,
        )
        if wanted.actions == ("",):
            wanted = replace(wanted, actions=())
        return self._event_queries.events(wanted, order=order, k=k)

    def when(
        self,
        query: str,
        *,
        k: int = 3,
        order: str = "newest",
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """When something happened ('you picked up the mug', 'the lamp was turned on') or, for the name of
        a thing, when it was seen last."""
        return self._event_queries.when(
            query, k=k, order=order, within=within, as_of_ns=as_of_ns, speaker=speaker
        )

    # Links and free questions

    def relate(self, ids: Sequence[str], *, k: int = 10, kinds: Sequence[str] = ()) -> Recall:
        """What is linked to some items: entities, events, rooms, frames and facts by a personalised
        PageRank (damping 0.5); its cost does not grow with the memory."""
        return self._relations.relate(ids, k=k, kinds=kinds)

    def search(
        self,
        question: str,
        *,
        k: int = 20,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
    ) -> SearchResult:
        """Anything that bears on a free question, from all channels, fused by reciprocal rank."""
        return self._channels.search(question, k=k, within=within, as_of_ns=as_of_ns)

    def context(
        self,
        question: str,
        token_budget: int = 1000,
        *,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Context:
        """Evidence for a prompt, best first, one line with its id each, never above the budget."""
        found = self.search(question, k=_CONTEXT_ITEMS, within=within, as_of_ns=as_of_ns)
        named = self.aliases(question, speaker=speaker).items if speaker else ()
        return build_context(question, (*named, *found.items), token_budget)

    def next_action(
        self,
        question: str,
        *,
        start_in_world: Point3 | None = None,
        value_m: float = DEFAULT_VALUE_M,
        visited: Sequence[str] = (),
        recalled: Sequence[str] = (),
        robot: RobotShape | None = None,
        speaker: str = "",
    ) -> NextAction:
        """Answer, recall more, or go and look: what is worth most about a thing.

        Args:
            start_in_world: where the robot is; by default where its last keyframe was taken.
            value_m: how far one would walk to turn a wrong answer into a right one.
            visited: ids of places that were looked at for this question.
            recalled: ids of items that were read for it.
        """
        return self._look_planner.next_action(
            question,
            start_in_world=start_in_world,
            value_m=value_m,
            visited=visited,
            recalled=recalled,
            robot=robot or RobotShape(),
            speaker=speaker,
        )

    # Facts, people, experience

    def facts(
        self,
        *,
        subject: str = "",
        relation: str = "",
        object: str = "",
        speaker: str = "",
        as_of_ns: int | None = None,
        k: int = 20,
    ) -> Recall:
        """Facts that hold, surest first."""
        return self._fact_queries.facts(
            subject=subject,
            relation=relation,
            object=object,
            speaker=speaker,
            as_of_ns=as_of_ns,
            k=k,
        )

    def aliases(self, phrase: str, *, speaker: str = "", k: int = 5) -> Recall:
        """What a speaker's name for a thing means, by what was told."""
        return self._fact_queries.aliases(phrase, speaker=speaker, k=k)

    def routine(self, person: str = "", *, clock_s: float | None = None, k: int = 10) -> Recall:
        """What somebody does as a rule; nearest to a time of day first, if one is given."""
        return self._fact_queries.routine(person, clock_s=clock_s, k=k)

    def cases(self, situation: str, *, k: int = 5) -> Recall:
        """What was tried in situations like this one, and how it went."""
        return self._fact_queries.cases(situation, k=k)
