"""FindingDory's 60 memory tasks (arXiv 2506.15635) on episodes of the simulated house.

    episode = FindingDoryEpisode.of("mini", 0)
    for observation in episode.observations():      # phase 1: a scripted robot tidies up
        memory.update(observation)
    task = episode.task()                           # the evaluator's side
    for instruction in task.instructions:
        answer = agent.choose_frames(instruction.text)
        score = score_frames(task, instruction, answer)
        observation, tracker = episode.ask(), task.tracker(instruction)
        ...                                         # phase 2: the agent drives in episode.env
        task.stop(tracker, episode.env)             # and says that it has arrived

`templates`, `wording`: the 60 texts. `episodes`: playing. `record`, `history`: what truly happened.
`goals`, `instructions`: what is asked. `final_world`, `predicates`, `valid_frames`, `stops`: the judge.
`score`, `paths`, `failures`: the figures. `storage`: the evaluator's side of an episode as JSON.
An agent gets observations and `Instruction.text` only; all else here is the evaluator's.
"""

from .config import SPLITS, SuiteConfig, load_suite_config
from .episodes import FindingDoryEpisode
from .instructions import Instruction
from .score import FrameScore, score_frames
from .stops import GoalTracker, StopResult
from .task import FindingDoryTask

__all__ = [
    "SPLITS",
    "FindingDoryEpisode",
    "FindingDoryTask",
    "FrameScore",
    "GoalTracker",
    "Instruction",
    "StopResult",
    "SuiteConfig",
    "load_suite_config",
    "score_frames",
]
