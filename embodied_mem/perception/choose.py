"""The perceiver that a configuration names."""

from __future__ import annotations

from ..config import PERCEPTION_SOURCES, PerceptionConfig
from ..errors import ConfigError
from .given import GivenDetections
from .perceiver import Perceiver


def make_perceiver(config: PerceptionConfig) -> Perceiver:
    """Raises:
    ConfigError: an unknown source, or one without the path that it needs.
    """
    if config.source == "given":
        return GivenDetections()
    if config.source not in PERCEPTION_SOURCES:
        raise ConfigError(
            f"perception.source must be one of {', '.join(PERCEPTION_SOURCES)}, got '{config.source}'"
        )
    if not config.weights:
        raise ConfigError(
            f"perception '{config.source}' needs perception.weights=PATH (or --weights PATH)"
        )
    if config.source == "file":
        from .files import FileDetections

        return FileDetections(config.weights)
    if config.source == "onnx":
        from .yolox import COCO_LABELS, YoloxPerceiver

        return YoloxPerceiver(
            config.weights, labels=config.labels or COCO_LABELS, min_score=config.min_score
        )
    from .image_text import ImageTextEncoder
    from .open_vocabulary import OpenVocabularyPerceiver

    return OpenVocabularyPerceiver(
        config.labels,
        detector=config.weights,
        segmenter=config.segmenter or None,
        embedder=ImageTextEncoder(config.image_encoder) if config.image_encoder else None,
        min_score=config.min_score,
    )
