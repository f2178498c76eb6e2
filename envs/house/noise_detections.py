"""What a learned detector adds: misses, inventions, confusions, loose boxes, broken tracks, delay."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...core import Detection
from .noise import DetectionNoise, stream

CONFUSION_GROUPS = tuple(
    tuple(line.split())
    for line in (
        "mug cup drinking_glass wine_glass jar",
        "plate bowl tray pan_lid cutting_board",
        "bottle thermos can ketchup_bottle shampoo_bottle spray_bottle soap_dispenser perfume_bottle",
        "teapot jug kettle watering_can",
        "pot frying_pan bucket colander",
        "fork spoon knife spatula ladle whisk",
        "salt_shaker pepper_mill candlestick candle",
        "apple orange tomato pear ball bell_pepper",
        "lemon potato avocado egg soap_bar dish_sponge",
        "banana carrot croissant",
        "bread cake cheese donut pizza",
        "pineapple watermelon lettuce",
        "cereal_box milk_carton lunch_box jewelry_box toolbox",
        "book notebook magazine binder envelope paper_stack board_game wallet",
        "pen pencil glue_stick toothbrush paint_brush screwdriver ruler",
        "laptop tablet phone calculator picture_frame hand_mirror",
        "remote_control game_controller computer_mouse razor comb hair_brush",
        "radio speaker alarm_clock camera game_console",
        "headphones sunglasses wrist_watch scarf",
        "teddy_bear plush_rabbit doll rubber_duck statue piggy_bank",
        "toy_car toy_train toy_airplane toy_boat",
        "puzzle_cube building_blocks die snow_globe",
        "hammer wrench pliers saw drill",
        "hat cap glove sock",
        "sneaker boot flip_flop",
        "t_shirt towel pillow",
        "handbag backpack basket",
        "vase flower_vase potted_plant pen_holder cotton_jar trophy",
        "flashlight lantern desk_lamp bell",
        "scissors stapler hole_punch tape_dispenser tape_measure",
        "table counter stand bench stool",
        "cabinet wardrobe chest_of_drawers filing_cabinet shelves fridge",
        "couch bed chair bench",
        "sink bathtub toilet",
        "washer_dryer dishwasher stove microwave",
        "hamper bin trunk serving_cart",
        "television picture",
        "rug curtain",
        "lamp ceiling_lamp",
    )
)
"""Labels that look alike; a label is only ever taken for another of a group of its own."""

_SMALL_PX = 2000.0
_SURE = {True: (0.55, 0.99), False: (0.3, 0.75)}
"""Range of confidence of things that are there, and that are not."""


@dataclass
class Detector:
    """Turns perfect detections into those of a fallible detector. Streams depend on the step."""

    noise: DetectionNoise
    seed: int
    labels: tuple[str, ...]
    """Labels that false positives can have."""
    tracks: dict[str, int] = field(default_factory=dict)
    """Instance name -> number of its present track."""
    track_count: int = 0
    late: list[tuple[int, int, tuple[Detection, ...]]] = field(default_factory=list)
    """(step when due, stamp of the image, detections) on their way."""

    @property
    def is_exact(self) -> bool:
        return self.noise == DetectionNoise()

    def instance_of(self, track_id: str) -> str | None:
        """The thing that a track id means now; None if it means none."""
        for name, number in self.tracks.items():
            if track_id == _track_id(number):
                return name
        return None

    def report(
        self,
        found: Sequence[Detection],
        shape: tuple[int, int],
        step: int,
        stamp_ns: int,
        sensor: str,
    ) -> tuple[Detection, ...]:
        """What the detector says at a step about an image in which `found` is truly seen."""
        if self.is_exact:
            return tuple(found)
        rng = stream(self.seed, "detections:" + sensor, step)
        reports = [self._one(detection, shape, rng) for detection in found]
        seen = [report for report in reports if report is not None]
        for _ in range(int(rng.poisson(self.noise.false_positives))):
            seen.append(self._invented(shape, rng))
        return tuple(seen)

    def deliver(
        self, reports: tuple[Detection, ...], step: int, stamp_ns: int
    ) -> tuple[Detection, ...]:
        """Detections that arrive at a step: these, unless they are late, and late ones now due."""
        if self.is_exact:
            return reports
        rng = stream(self.seed, "delay", step)
        is_late, delay = (
            rng.random() < self.noise.delay,
            int(rng.integers(1, 1 + max(1, self.noise.delay_steps))),
        )
        due = [r for at, _, late in self.late if at <= step for r in late]
        self.late = [entry for entry in self.late if entry[0] > step]
        if not is_late:
            return (*due, *reports)
        marked = tuple(replace(report, image_stamp_ns=stamp_ns) for report in reports)
        self.late.append((step + delay, stamp_ns, marked))
        return tuple(due)

    def to_json(self) -> dict[str, Any]:
        return {
            "tracks": dict(self.tracks),
            "track_count": self.track_count,
            "late": [
                [at, stamp, [detection_to_json(d) for d in ds]] for at, stamp, ds in self.late
            ],
        }

    def load_json(self, row: dict[str, Any]) -> None:
        self.tracks, self.track_count = dict(row["tracks"]), int(row["track_count"])
        self.late = [
            (int(at), int(stamp), tuple(detection_from_json(d) for d in ds))
            for at, stamp, ds in row["late"]
        ]

    def _one(
        self, truth: Detection, shape: tuple[int, int], rng: np.random.Generator
    ) -> Detection | None:
        """One true detection as it is reported. The same number of draws whatever comes out."""
        noise = self.noise
        chance, doubt, label, broken, other, growth = rng.random(6).tolist()
        sides = rng.standard_normal(4)
        x0, y0, x1, y1 = truth.box_px
        area = (x1 - x0 + 1) * (y1 - y0 + 1)
        if chance < noise.miss * (1 + 2 * np.exp(-area / _SMALL_PX)):
            return None
        name = truth.instance_id or ""
        if name not in self.tracks or broken < noise.track_break:
            self.tracks[name], self.track_count = self.track_count, self.track_count + 1
        spread = noise.box_share * np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
        box = _clipped(np.array(truth.box_px) + spread * sides, shape)
        low, high = _SURE[True]
        options = _alike(truth.label)
        is_confused = label < noise.confusion and options
        return Detection(
            options[int(other * len(options))] if is_confused else truth.label,
            round(low + (high - low) * (1 - doubt * doubt), 4),
            box,
            None if truth.mask is None else _grown(truth.mask, truth.box_px, noise.mask_px, growth),
            instance_id=_track_id(self.tracks[name]),
        )

    def _invented(self, shape: tuple[int, int], rng: np.random.Generator) -> Detection:
        height, width = shape
        label = self.labels[int(rng.integers(len(self.labels)))] if self.labels else "object"
        size = rng.uniform(0.04, 0.2, 2) * min(height, width)
        x, y = rng.uniform(0, width - size[0]), rng.uniform(0, height - size[1])
        box = _clipped(np.array([x, y, x + size[0], y + size[1]]), shape)
        low, high = _SURE[False]
        self.track_count += 1
        mask = np.zeros(shape, np.uint8)
        x0, y0, x1, y1 = (int(side) for side in box)
        center, axes = ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2)
        cv2.ellipse(mask, center, axes, 0.0, 0.0, 360.0, 1, -1)
        confidence = round(float(rng.uniform(low, high)), 4)
        track_id = _track_id(self.track_count - 1)
        return Detection(label, confidence, box, mask.astype(bool), instance_id=track_id)


def _alike(label: str) -> tuple[str, ...]:
    """Other labels that something of this label is taken for."""
    return tuple(
        sorted({x for group in CONFUSION_GROUPS if label in group for x in group} - {label})
    )


def _track_id(number: int) -> str:
    return f"track_{number}"


def _clipped(box: NDArray[np.float64], shape: tuple[int, int]) -> tuple[float, float, float, float]:
    height, width = shape
    x0, x1 = np.sort(np.clip(box[[0, 2]], 0, width - 1)).tolist()
    y0, y1 = np.sort(np.clip(box[[1, 3]], 0, height - 1)).tolist()
    return (round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))


def _grown(
    mask: NDArray[np.bool_], box: tuple[float, float, float, float], spread_px: float, chance: float
) -> NDArray[np.bool_]:
    """A mask made larger or smaller along its border; never empty."""
    change = round((2 * chance - 1) * 2 * spread_px)
    if change == 0:
        return mask
    x0, y0, x1, y1 = (int(side) for side in box)
    reach = abs(change)
    rows = slice(max(y0 - reach, 0), y1 + reach + 1)
    columns = slice(max(x0 - reach, 0), x1 + reach + 1)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    change_mask = cv2.dilate if change > 0 else cv2.erode
    part = change_mask(np.ascontiguousarray(mask[rows, columns], np.uint8), kernel).astype(bool)
    if not part.any():
        return mask
    grown = np.zeros_like(mask)
    grown[rows, columns] = part
    return grown


def detection_to_json(detection: Detection) -> dict[str, Any]:
    mask = detection.mask
    return {
        "label": detection.label,
        "confidence": detection.confidence,
        "box_px": list(detection.box_px),
        "instance_id": detection.instance_id,
        "image_stamp_ns": detection.image_stamp_ns,
        "mask_shape": None if mask is None else list(mask.shape),
        "mask": ""
        if mask is None
        else base64.b64encode(zlib.compress(np.packbits(mask).tobytes())).decode("ascii"),
    }


def detection_from_json(row: dict[str, Any]) -> Detection:
    mask = None
    if row["mask_shape"] is not None:
        shape = tuple(int(side) for side in row["mask_shape"])
        bits = np.frombuffer(zlib.decompress(base64.b64decode(row["mask"])), np.uint8)
        mask = np.unpackbits(bits, count=int(np.prod(shape))).reshape(shape).astype(bool)
    x0, y0, x1, y1 = row["box_px"]
    return Detection(
        row["label"],
        row["confidence"],
        (x0, y0, x1, y1),
        mask,
        instance_id=row["instance_id"],
        image_stamp_ns=row["image_stamp_ns"],
    )
