"""Cases: recall of what was tried, by likeness and by use."""

from __future__ import annotations

from pathlib import Path

import pytest
from semantic_samples import Feed, S, replayed, write_journal

from embodied_mem.core import Verdict
from embodied_mem.journal.records import CaseRecord, TombstoneRecord
from embodied_mem.semantic.cases import CaseView

FETCH = "bring the red mug to the kitchen table"


def case(
    situation: str,
    plan: str = "pick, carry, place",
    outcome: str = "success",
    utility: float = 1.0,
    *,
    stamp_ns: int = S,
    updates: int | None = None,
) -> CaseRecord:
    return CaseRecord(
        stamp_ns=stamp_ns, situation=situation, plan=plan, outcome=outcome, utility=utility,
        updates=updates,
    )  # fmt: skip


@pytest.fixture
def view() -> CaseView:
    return CaseView()


def test_alike_situations_are_recalled(view: CaseView) -> None:
    feed = Feed(view)
    number = feed(case(FETCH))
    feed(case("open the window in the office", "navigate, open"))
    answer = view.cases("bring the blue mug to the kitchen table")
    assert answer.verdict is Verdict.KNOWN
    assert [hit.case.case_id for hit in answer.hits] == [f"case:{number}"]
    assert answer.hits[0].similarity >= 0.5


def test_a_new_situation_is_unknown(view: CaseView) -> None:
    Feed(view)(case(FETCH))
    answer = view.cases("repair bicycle tyres outside")
    assert (answer.verdict, answer.hits) == (Verdict.UNKNOWN, ())
    assert CaseView().cases("anything").verdict is Verdict.UNKNOWN


def test_useful_cases_go_before_harmful_ones_of_the_same_likeness(view: CaseView) -> None:
    feed = Feed(view)
    bad = feed(case(FETCH, "throw it", "it broke", -1.0))
    good = feed(case(FETCH, "pick, carry slowly, place", "success", 1.0))
    hits = view.cases(FETCH).hits
    assert [hit.case.case_id for hit in hits] == [f"case:{good}", f"case:{bad}"]
    assert hits[0].case.related_ids == (f"case:{bad}",)
    assert hits[1].case.related_ids == (f"case:{good}",)


def test_use_cannot_carry_an_unlike_case_through_the_gate(view: CaseView) -> None:
    Feed(view)(case("open the window in the office", utility=1.0))
    assert view.cases(FETCH).hits == ()


def test_an_update_moves_utility_by_a_tenth_of_the_surprise(view: CaseView) -> None:
    feed = Feed(view)
    number = feed(case(FETCH, utility=0.0))
    feed(case(FETCH, outcome="dropped it", utility=-1.0, updates=number, stamp_ns=2 * S))
    (hit,) = view.cases(FETCH).hits
    assert hit.case.utility == pytest.approx(-0.1)
    assert hit.case.outcome == "dropped it"
    assert (hit.case.trial_count, hit.case.last_stamp_ns) == (2, 2 * S)
    assert hit.case.evidence == (f"case:{number}", f"case:{number + 1}")


def test_the_same_experience_again_is_linked_not_copied(view: CaseView) -> None:
    feed = Feed(view)
    feed(case(FETCH, utility=0.0))
    feed(case(FETCH.replace("mug", "cup"), utility=1.0))
    (only,) = view.all_cases()
    assert only.trial_count == 2
    assert only.utility == pytest.approx(0.1)


def test_repeated_rewards_approach_their_mean_and_stay_in_bounds(view: CaseView) -> None:
    feed = Feed(view)
    for _ in range(60):
        feed(case(FETCH, utility=1.0))
    for _ in range(60):
        feed(case(FETCH, utility=-1.0))
    assert view.all_cases()[0].utility == pytest.approx(-1.0, abs=0.01)


def test_k_limits_the_answer(view: CaseView) -> None:
    feed = Feed(view)
    for plan in ("walk", "sing loudly", "open door", "wait quietly"):
        feed(case(FETCH, plan))
    assert len(view.cases(FETCH, 2).hits) == 2
    assert len(view.cases(FETCH).hits) == 4


def test_what_was_known_then_holds_no_later_case(view: CaseView) -> None:
    feed = Feed(view)
    number = feed(case(FETCH, utility=0.5, stamp_ns=S))
    feed(case(FETCH, utility=-1.0, updates=number, stamp_ns=10 * S))
    assert view.all_cases(known_at_ns=5 * S)[0].utility == 0.5
    assert view.all_cases(known_at_ns=0) == ()


def test_a_withdrawn_case_is_recalled_no_more(view: CaseView) -> None:
    feed = Feed(view)
    number = feed(case(FETCH, stamp_ns=S))
    feed(TombstoneRecord(stamp_ns=5 * S, target_record_id=number, reason="forget"))
    assert view.cases(FETCH).verdict is Verdict.UNKNOWN
    assert view.cases(FETCH, known_at_ns=2 * S).verdict is Verdict.KNOWN


def some_cases() -> list[CaseRecord]:
    return [
        case(
            f"bring the {('red mug', 'book', 'plate', 'towel')[n % 4]} to the {('desk', 'sofa')[n % 2]}",
            ("pick, place", "ask first")[n % 3 % 2],
            utility=(-1.0, 0.5, 1.0)[n % 3],
            stamp_ns=n * S,
        )
        for n in range(40)
    ]  # fmt: skip


def test_saved_replayed_and_live_cases_are_equal(tmp_path: Path, view: CaseView) -> None:
    feed = Feed(view)
    for record in some_cases():
        feed(record)
    loaded = CaseView()
    loaded.load_bytes(view.to_bytes())
    assert loaded.digest() == view.digest()
    assert loaded.all_cases() == view.all_cases()
    with write_journal(tmp_path / "cases.db", some_cases()) as journal:
        assert replayed(CaseView(), journal).digest() == view.digest()


def test_every_record_is_evidence_of_exactly_one_case(view: CaseView) -> None:
    feed = Feed(view)
    for record in some_cases():
        feed(record)
    cited = [name for c in view.all_cases() for name in c.evidence]
    assert len(cited) == len(set(cited)) == 40
    assert sum(c.trial_count for c in view.all_cases()) == 40
