"""Images and texts in one space of vectors: CLIP or SigLIP from a local folder; extra `vlm`.

Radford et al., 2021 (arXiv:2103.00020); Zhai et al., 2023 (arXiv:2303.15343).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, MissingExtraError


def require_torch(purpose: str) -> Any:
    """The torch module, after making sure that transformers is there too.

    Raises:
        MissingExtraError: names the extra `vlm`.
    """
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "transformers", "vlm", purpose) from error
    return torch


def require_folder(path: str | Path, what: str) -> Path:
    """The folder, if there is one: nothing is ever downloaded."""
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(
            f"{folder}: a folder with {what} in the layout of transformers' save_pretrained is "
            "expected; download it first"
        )
    return folder


class ImageTextEncoder:
    """Embeds image crops and texts so that they can be compared; implements `TextEncoder`."""

    def __init__(
        self,
        path: str | Path,
        *,
        template: str = "a photo of a {}",
        batch_size: int = 16,
        device: str = "cpu",
    ) -> None:
        """`template` makes a sentence of a label, as the models were trained on sentences.

        Raises:
            InputError: no such folder.
            MissingExtraError: torch or transformers is not installed.
        """
        self._torch = require_torch("an image and text encoder")
        from transformers import AutoModel, AutoProcessor

        folder = require_folder(path, "a CLIP or SigLIP model")
        self.name = f"image-text:{folder.name}"
        self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModel.from_pretrained(folder, local_files_only=True)
        self._model: Any = model.eval().to(device)
        # SigLIP was trained on texts filled up to a fixed length, CLIP on texts as long as they are
        is_siglip = "siglip" in str(model.config.model_type)
        self._padding = "max_length" if is_siglip else True
        self._template = template
        self._batch_size = batch_size
        self._device = device
        self._size: int | None = None

    @property
    def size(self) -> int:
        if self._size is None:
            self._size = int(self.encode(["thing"]).shape[1])
        return self._size

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, size) float32 rows of unit length; empty texts give zeros."""
        if len(texts) == 0:
            return np.zeros((0, self.size), np.float32)
        sentences = [self._template.format(text) for text in texts]
        rows = np.concatenate(
            [self._text_rows(sentences[at : at + self._batch_size]) for at in self._starts(texts)]
        )
        rows[[not text.strip() for text in texts]] = 0
        return rows

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N, size) float32 rows of unit length of (h, w, 3) uint8 RGB images."""
        if len(images) == 0:
            return np.zeros((0, self.size), np.float32)
        return np.concatenate(
            [self._image_rows(images[at : at + self._batch_size]) for at in self._starts(images)]
        )

    def _starts(self, items: Sequence[object]) -> range:
        return range(0, len(items), self._batch_size)

    def _text_rows(self, sentences: list[str]) -> NDArray[np.float32]:
        tokens = self._processor(
            text=sentences, padding=self._padding, truncation=True, return_tensors="pt"
        )
        with self._torch.inference_mode():
            return self._unit_rows(self._model.get_text_features(**tokens.to(self._device)))

    def _image_rows(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        pixels = self._processor(images=list(images), return_tensors="pt")
        with self._torch.inference_mode():
            return self._unit_rows(self._model.get_image_features(**pixels.to(self._device)))

    def _unit_rows(self, features: Any) -> NDArray[np.float32]:
        rows = getattr(features, "pooler_output", features)  # transformers 5 returns an object
        return np.asarray(
            self._torch.nn.functional.normalize(rows.float(), dim=-1).cpu().numpy(), np.float32
        )
