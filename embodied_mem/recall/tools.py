"""Every question as a tool with a JSON schema, published once for all planners and servers.

What a model sends is untrusted: names, types, ranges and lengths are checked here, and nothing is ever
evaluated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..journal.records import INT64_MAX, INT64_MIN
from ..jsonable import to_jsonable
from .memory_recall import MemoryRecall

Json = Any
MAX_TEXT_CHARACTERS = 2000
MAX_IDS = 50
MAX_K = 1000
_RECALL = (
    "A recall: items (best first, each with item_id, score, evidence, note), verdict, probability."
)


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool."""

    name: str
    schema: Mapping[str, Json]
    description: str
    is_required: bool = False


@dataclass(frozen=True)
class Tool:
    """One question that a planner may ask."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    returns: str
    run: Callable[[MemoryRecall, dict[str, Json]], object]

    def schema(self) -> dict[str, Json]:
        """Name, description, parameters as a JSON schema, and what comes back."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": {
                "type": "object",
                "properties": {
                    p.name: {**p.schema, "description": p.description} for p in self.parameters
                },
                "required": [p.name for p in self.parameters if p.is_required],
                "additionalProperties": False,
            },
            "returns": self.returns,
        }


def tool_schemas() -> list[dict[str, Json]]:
    """All tools as plain JSON."""
    return [tool.schema() for tool in TOOLS]


def call_tool(
    recall: MemoryRecall, name: str, arguments: Mapping[str, Json] | str
) -> dict[str, Json]:
    """Check the arguments, ask, and return the answer as plain JSON.

    Args:
        arguments: a JSON object, as a mapping or as text.

    Raises:
        InputError: an unknown tool or argument, or a value that its schema does not allow; says what is.
    """
    tool = _BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        raise InputError(f"there is no tool {name!r:.60}; the tools are {', '.join(_BY_NAME)}")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}: the arguments are no JSON: {error}") from error
    answer = to_jsonable(tool.run(recall, check_arguments(tool, arguments)))
    return answer if isinstance(answer, dict) else {"result": answer}


def check_arguments(tool: Tool, arguments: object) -> dict[str, Json]:
    """The arguments as they are, if the tool's schema allows them.

    Raises:
        InputError: names the first argument that it does not allow.
    """
    if not isinstance(arguments, Mapping):
        raise InputError(f"{tool.name}: a JSON object is expected, got {_kind_of(arguments)}")
    known = {parameter.name: parameter for parameter in tool.parameters}
    for name in arguments:
        if name not in known:
            raise InputError(
                f"{tool.name}: unknown argument {name!r:.60}; it takes {', '.join(known) or 'none'}"
            )
    for parameter in tool.parameters:
        if parameter.name not in arguments:
            if parameter.is_required:
                raise InputError(
                    f"{tool.name}: '{parameter.name}' is missing: {parameter.description}"
                )
            continue
        problem = _problem_of(arguments[parameter.name], parameter.schema)
        if problem:
            raise InputError(f"{tool.name}: '{parameter.name}' must be {problem}")
    return dict(arguments)


def _problem_of(value: object, schema: Mapping[str, Json]) -> str:
    """What a value must be instead; '' if the schema allows it."""
    kind = schema["type"]
    if kind == "string":
        if not isinstance(value, str):
            return f"a string, got {_kind_of(value)}"
        if "enum" in schema and value not in schema["enum"]:
            return f"one of {', '.join(schema['enum'])}, got {value!r:.60}"
        low, high = schema.get("minLength", 0), schema["maxLength"]
        return "" if low <= len(value) <= high else f"{low} to {high} characters, got {len(value)}"
    if kind in ("integer", "number"):
        is_number = isinstance(value, int) or (kind == "number" and isinstance(value, float))
        if not is_number or isinstance(value, bool) or not math.isfinite(value):  # type: ignore[arg-type]
            return f"a finite {kind}, got {_kind_of(value)}"
        low, high = schema["minimum"], schema["maximum"]
        return "" if low <= value <= high else f"from {low} to {high}, got {value}"  # type: ignore[operator]
    if kind == "array":
        if not isinstance(value, list):
            return f"a list, got {_kind_of(value)}"
        low, high = schema["minItems"], schema["maxItems"]
        if not low <= len(value) <= high:
            return f"a list of {low} to {high}, got {len(value)}"
        problems = (_problem_of(item, schema["items"]) for item in value)
        return next((f"a list whose items are {p}" for p in problems if p), "")
    return "" if isinstance(value, bool) else f"true or false, got {_kind_of(value)}"


def _kind_of(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


# The tools


def _text(name: str, description: str, *, is_required: bool = False) -> Parameter:
    schema = {"type": "string", "minLength": int(is_required), "maxLength": MAX_TEXT_CHARACTERS}
    return Parameter(name, schema, description, is_required)


def _choice(name: str, values: tuple[str, ...], description: str) -> Parameter:
    return Parameter(name, {"type": "string", "enum": list(values), "maxLength": 100}, description)


def _number(
    name: str, description: str, low: float, high: float, *, is_required: bool = False
) -> Parameter:
    return Parameter(
        name, {"type": "number", "minimum": low, "maximum": high}, description, is_required
    )


def _integer(
    name: str, description: str, low: int, high: int, *, is_required: bool = False
) -> Parameter:
    return Parameter(
        name, {"type": "integer", "minimum": low, "maximum": high}, description, is_required
    )


def _stamp(name: str, description: str, *, is_required: bool = False) -> Parameter:
    return _integer(name, description, INT64_MIN, INT64_MAX, is_required=is_required)


def _point(name: str, description: str, *, is_required: bool = False) -> Parameter:
    number = {"type": "number", "minimum": -1e5, "maximum": 1e5}
    schema = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
    return Parameter(name, schema, f"{description}: x, y, z in metres, z up", is_required)


def _ids(name: str, description: str, *, is_required: bool = False) -> Parameter:
    item = {"type": "string", "minLength": 1, "maxLength": 200}
    schema = {"type": "array", "items": item, "minItems": int(is_required), "maxItems": MAX_IDS}
    return Parameter(name, schema, description, is_required)


_QUERY = _text(
    "query", "Words such as 'red mug in the kitchen', or an id such as 'entity:7'", is_required=True
)
_K = _integer("k", "How many items at most", 1, MAX_K)
_SPEAKER = _text("speaker", "Who says it: 'my cup' is another one for each person")
_AS_OF = _stamp("as_of_ns", "What held at this stamp in nanoseconds instead of now")
_WITHIN = Parameter(
    "within",
    {
        "type": "array",
        "items": {"type": "integer", "minimum": INT64_MIN, "maximum": INT64_MAX},
        "minItems": 2,
        "maxItems": 2,
    },
    "Only what was seen between two stamps in nanoseconds, both included",
)
_COMMON = (_K, _WITHIN, _AS_OF, _SPEAKER)


def _method(name: str, *positional: str) -> Callable[[MemoryRecall, dict[str, Json]], object]:
    """Calls the method of this name; `within` becomes a pair, lists become tuples."""

    def run(recall: MemoryRecall, arguments: dict[str, Json]) -> object:
        given = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in arguments.items()
        }
        first = [given.pop(key) for key in positional if key in given]
        return getattr(recall, name)(*first, **given)

    return run


TOOLS: tuple[Tool, ...] = (
    Tool(
        "where",
        "Where a thing is or was last, with the furniture and room it is on and in. Verdict: known, "
        "stale, ambiguous, absent (it went away, or is not at the place asked for), unknown.",
        (_QUERY, *_COMMON),
        _RECALL,
        _method("where", "query"),
    ),
    Tool(
        "find_all", "All things that fit the words.", (_QUERY, *_COMMON), _RECALL,
        _method("find_all", "query"),
    ),
    Tool(
        "count", "How many such things there are: field `count`.", (_QUERY, *_COMMON),
        _RECALL + " With count and possible_count.", _method("count", "query"),
    ),
    Tool(
        "nth",
        "The n-th of the things that fit, in the order in which they were first seen, last seen or "
        "handled; -1 is the last.",
        (
            _QUERY,
            _integer("n", "From 1, or from -1 backwards", -100000, 100000, is_required=True),
            _choice("order", ("first_seen", "last_seen", "handled"), "What they are ordered by"),
            *_COMMON,
        ),
        _RECALL,
        _method("nth", "query", "n"),
    ),
    Tool(
        "inside", "What is in a room or a container.",
        (_text("room", "An id or words: 'room:2', 'kitchen'", is_required=True), *_COMMON),
        _RECALL, _method("inside", "room"),
    ),
    Tool(
        "on", "What lies on a piece of furniture.",
        (_text("furniture", "An id or words: 'entity:3', 'kitchen table'", is_required=True), *_COMMON),
        _RECALL, _method("on", "furniture"),
    ),
    Tool(
        "history", "Where a thing has been, state by state, oldest first.", (_QUERY, *_COMMON),
        _RECALL, _method("history", "query"),
    ),
    Tool(
        "changed", "What changed between two stamps: appeared, gone, moved, returned, taken, switched.",
        (
            _stamp("before_ns", "The earlier stamp in nanoseconds", is_required=True),
            _stamp("after_ns", "The later stamp", is_required=True),
            _K,
        ),
        _RECALL, _method("diff", "before_ns", "after_ns"),
    ),
    Tool(
        "events",
        "What happened, filtered; in the order of time. Use `after` with an event id and k=1 for what "
        "came next.",
        (
            _text("action", "'pick', 'place', 'open', 'enter_room' ..."),
            _text("actor", "'robot', a person's id or name"),
            _text("about", "The thing: an entity id or words"),
            _text("room", "From or to this room: an id or words"),
            _text("place", "From or to this furniture: an id or words"),
            _text("from_place", "From this furniture"),
            _text("to_place", "To this furniture"),
            _choice("level", ("goal", "subgoal", "action"), "How coarse"),
            _text("after", "Only events after this one: an event id"),
            _text("before", "Only events before this one: an event id"),
            _choice("order", ("oldest", "newest"), "What comes first"),
            *_COMMON,
        ),
        _RECALL,
        _method("events"),
    ),
    Tool(
        "when", "When something happened last ('you picked up the mug'), or when a thing was seen last.",
        (
            _text("query", "What happened, or the name of a thing", is_required=True),
            _choice("order", ("oldest", "newest"), "What comes first"),
            *_COMMON,
        ),
        _RECALL, _method("when", "query"),
    ),
    Tool(
        "relate", "What is linked to some items, over any number of steps.",
        (_ids("ids", "Ids of entities, events, rooms, frames or facts", is_required=True), _K,
         _ids("kinds", "Only these: 'entity', 'event', 'room', 'frame', 'fact'")),
        _RECALL, _method("relate", "ids"),
    ),
    Tool(
        "context", "Evidence for a free question as text, best first, within a budget of tokens.",
        (
            _text("question", "The question", is_required=True),
            _integer("token_budget", "At most so many tokens (4 characters each)", 0, 200000),
            _WITHIN, _AS_OF, _SPEAKER,
        ),
        "text, token_count, item_ids, left_out_count", _method("context", "question", "token_budget"),
    ),
    Tool(
        "next_action",
        "Whether to answer now, recall more, or go and look, and where: by value of information.",
        (
            _text("question", "The thing looked for", is_required=True),
            _point("start_in_world", "Where the robot is"),
            _number("value_m", "How far one would walk to turn a wrong answer into a right one",
                    0.1, 1e5),
            _ids("visited", "Ids of places already looked at"),
            _ids("recalled", "Ids of items already read"),
            _SPEAKER,
        ),
        "kind ('answer', 'recall more', 'look'), place_id, position_in_world, expected_gain, "
        "expected_distance_m, net_value_m, explanation",
        _method("next_action", "question"),
    ),
    Tool(
        "near", "Frames taken near a point, and whether something is there.",
        (
            _point("point_in_world", "The point", is_required=True),
            _number("radius_m", "Radius in metres", 0.01, 1000),
            _K, _WITHIN,
        ),
        _RECALL, _method("near", "point_in_world"),
    ),
    Tool(
        "between", "Frames taken in an interval of time.",
        (
            _stamp("start_stamp_ns", "First stamp in nanoseconds", is_required=True),
            _stamp("end_stamp_ns", "Last stamp", is_required=True),
            _K,
        ),
        _RECALL, _method("between", "start_stamp_ns", "end_stamp_ns"),
    ),
    Tool(
        "seeing", "Frames that show a point, best look first.",
        (_point("point_in_world", "The point", is_required=True),
         _number("radius_m", "Radius in metres", 0.01, 2), _K),
        _RECALL, _method("seeing", "point_in_world"),
    ),
    Tool(
        "route", "A way over the ground between two points.",
        (
            _point("start_in_world", "From here", is_required=True),
            _point("goal_in_world", "To here", is_required=True),
        ),
        _RECALL, _method("route", "start_in_world", "goal_in_world"),
    ),
    Tool(
        "frontiers", "Where known space ends: places worth exploring.", (_K,), _RECALL,
        _method("frontiers"),
    ),
    Tool(
        "facts", "Facts that were told or noted and hold.",
        (
            _text("subject", "About whom or what: an id or words"),
            _text("relation", "'called', 'favourite', 'kept_at', 'belongs_to' ..."),
            _text("object", "The other end: an id or words"),
            _text("speaker", "Who said so"), _AS_OF, _K,
        ),
        _RECALL, _method("facts"),
    ),
    Tool(
        "aliases", "What a person's name for a thing means: 'my favourite cup'.",
        (_text("phrase", "The name", is_required=True), _SPEAKER, _K),
        _RECALL, _method("aliases", "phrase"),
    ),
    Tool(
        "routine", "What somebody does as a rule, and about when.",
        (_text("person", "Who; all if left out"),
         _number("clock_s", "Time of day in seconds since midnight", 0, 86400), _K),
        _RECALL, _method("routine", "person"),
    ),
    Tool(
        "cases", "What was tried in situations like this one, and how it went.",
        (_text("situation", "The situation in words", is_required=True), _K),
        _RECALL, _method("cases", "situation"),
    ),
)  # fmt: skip
_BY_NAME = {tool.name: tool for tool in TOOLS}
