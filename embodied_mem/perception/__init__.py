"""Perception at the border: images in, detections out; boxes to pixels, pixels to places.

A `Perceiver` says what is in an image: `GivenDetections` (what the observation carries),
`FileDetections` (JSON lines), `YoloxPerceiver` (an ONNX file, extra `onnx`) and
`OpenVocabularyPerceiver` (transformers, extra `vlm`). `masks.cut_out` finds an object's pixels from
its box and the depth, `geometry3d.locate` where they are in the world. `text` embeds words.
"""

from .files import FileDetections, write_detections
from .geometry3d import LocatedDetection, OrientedBox, locate, locate_all
from .given import GivenDetections
from .masks import MaskCrop, cut_out
from .perceiver import Perceiver
from .text import LexicalEncoder, SentenceEncoder, TextEncoder

__all__ = [
    "FileDetections",
    "GivenDetections",
    "LexicalEncoder",
    "LocatedDetection",
    "MaskCrop",
    "OrientedBox",
    "Perceiver",
    "SentenceEncoder",
    "TextEncoder",
    "cut_out",
    "locate",
    "locate_all",
    "write_detections",
]
