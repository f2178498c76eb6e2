"""How to read a replay: the words beside the picture."""

from __future__ import annotations

from ..journal.store import Journal


def write_legend(journal: Journal, pose_count: int) -> str:
    """Markdown."""
    counts = journal.head.record_counts
    return "\n".join(
        [
            f"**Replay of {journal.path.name}**: {pose_count} poses, {counts.get('frame', 0)} "
            f"keyframes, sessions: {counts.get('session', 0)}. Everything is what memory believed "
            "at the instant of the time line below; names end in the number of the entity "
            "('book #7' is entity:7).\n",
            "- **green box**: a thing where it is believed to be",
            "- **grey box**: a piece of furniture; **blue box**: a person",
            "- **violet**: held: hollow where it was taken, filled in the robot's hand",
            "- **red hollow box**: gone: its place was looked at and it was not there",
            "- **dark thin box**: seen too little to be counted on",
            "- **yellow bow or arrow**: a thing was moved, from where to where",
            "- **rays and spheres**: memory looked whether a thing is still there (green: something "
            "is, red: the view went through, grey: hidden)",
            "- **coloured floors**: rooms; **white bars**: doors; **grey net**: ways",
            "- **orange line**: the way of the camera; **white**: the robot and its camera now",
            "- **blue frame**: the latest picture that was kept (a keyframe)",
            "- **cyan**: frontiers, beyond which nobody has looked",
            "- **pink**: answers, and the pictures they rest on",
            "\nHidden at first, switch on in the selection panel: `overhead` (ceilings), "
            "`free_space`, `ground` (white is free, red blocked), `keyframes` (dots), `graph`.",
        ]
    )
