"""Open-vocabulary perception with tiny random networks, built on the spot and loaded from a folder.

What they find is noise; that it is found, cut out, embedded and repeated is what is tested.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.core import Observation
from embodied_mem.errors import InputError, MissingExtraError
from embodied_mem.geometry import CameraIntrinsics
from embodied_mem.perception import Perceiver, SentenceEncoder, TextEncoder
from embodied_mem.perception.image_text import ImageTextEncoder
from embodied_mem.perception.open_vocabulary import OpenVocabularyPerceiver, find_label

LABELS = ("mug", "dining table", "chair")
NEEDS = "the extra 'vlm' (torch, transformers) is not installed"
WORDS = ("a", "photo", "of", "mug", "cup", "dining", "table", "chair", "sofa", "red", "thing", ".")


@pytest.fixture(scope="module")
def transformers() -> Any:
    torch = pytest.importorskip("torch", reason=NEEDS)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return pytest.importorskip("transformers", reason=NEEDS)


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (48, 64, 3)).astype(np.uint8)
    image[10:30, 20:50] = (200, 30, 30)
    return image


def word_tokenizer(transformers: Any, **special: str) -> Any:
    """One token a word: enough for a fast tokenizer of any kind of model."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    vocabulary = {
        word: at for at, word in enumerate([*special.values(), *WORDS]) if word is not None
    }
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=special["unk_token"]))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    first = special.get("cls_token", special.get("bos_token"))
    last = special.get("sep_token", special.get("eos_token"))
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=16, **special
    )


def clip_tokenizer(transformers: Any) -> Any:
    return word_tokenizer(
        transformers, pad_token="<pad>", unk_token="<unk>", bos_token="<bos>", eos_token="<eos>"
    )


def bert_tokenizer(transformers: Any) -> Any:
    return word_tokenizer(
        transformers, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


TEXT = {
    "vocab_size": 32, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
    "num_attention_heads": 2, "max_position_embeddings": 16, "bos_token_id": 2, "eos_token_id": 3,
    "pad_token_id": 0,
}  # fmt: skip
VISION = {
    "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip


@pytest.fixture(scope="module")
def clip_folder(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    config = transformers.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=8)
    transformers.CLIPModel(config).save_pretrained(folder)
    processor = transformers.CLIPProcessor(
        transformers.CLIPImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        clip_tokenizer(transformers),
    )
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def siglip_folder(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("siglip")
    config = transformers.SiglipConfig(text_config=TEXT, vision_config=VISION)
    transformers.SiglipModel(config).save_pretrained(folder)
    processor = transformers.SiglipProcessor(
        transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32}),
        clip_tokenizer(transformers),
    )
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def owl_folder(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("owlv2")
    config = transformers.Owlv2Config(text_config=TEXT, vision_config=VISION, projection_dim=16)
    transformers.Owlv2ForObjectDetection(config).save_pretrained(folder)
    processor = transformers.Owlv2Processor(
        transformers.Owlv2ImageProcessorPil(size={"height": 32, "width": 32}),
        clip_tokenizer(transformers),
    )
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def dino_folder(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dino")
    backbone = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1, 1], num_heads=[1, 1, 1],
        window_size=2, out_indices=[2, 3],
    )  # fmt: skip
    text = transformers.BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    config = transformers.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2, decoder_attention_heads=2,
        num_queries=8, num_feature_levels=2, max_text_len=16, encoder_n_points=2, decoder_n_points=2,
        disable_custom_kernels=True,
    )  # fmt: skip
    transformers.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    processor = transformers.GroundingDinoProcessor(
        transformers.GroundingDinoImageProcessorPil(size={"shortest_edge": 48, "longest_edge": 64}),
        bert_tokenizer(transformers),
    )
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def sam_folder(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam")
    vision = transformers.SamVisionConfig(
        hidden_size=16, output_channels=16, num_hidden_layers=1, num_attention_heads=2,
        image_size=64, patch_size=8, mlp_dim=16, window_size=2, global_attn_indexes=[0],
        num_pos_feats=8,
    )  # fmt: skip
    prompt = transformers.SamPromptEncoderConfig(
        hidden_size=16, image_size=64, patch_size=8, mask_input_channels=4
    )
    decoder = transformers.SamMaskDecoderConfig(
        hidden_size=16, mlp_dim=16, num_attention_heads=2, iou_head_hidden_dim=16
    )
    config = transformers.SamConfig(
        vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
    )
    transformers.SamModel(config).save_pretrained(folder)
    processor = transformers.SamProcessor(
        transformers.SamImageProcessorPil(
            size={"longest_edge": 64},
            pad_size={"height": 64, "width": 64},
            mask_size={"longest_edge": 16},
            mask_pad_size={"height": 16, "width": 16},
        )
    )
    processor.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["owl_folder", "dino_folder"])
def test_detector_segmenter_and_embedder_work_together_and_repeat(
    kind: str,
    sam_folder: Path,
    clip_folder: Path,
    image: NDArray[np.uint8],
    request: pytest.FixtureRequest,
) -> None:
    def build() -> OpenVocabularyPerceiver:
        return OpenVocabularyPerceiver(
            LABELS,
            detector=request.getfixturevalue(kind),
            segmenter=sam_folder,
            embedder=ImageTextEncoder(clip_folder),
            min_score=0.001,
            max_count=5,
        )

    perceiver = build()
    assert isinstance(perceiver, Perceiver)
    frame = Observation(0, np.eye(4), CameraIntrinsics.from_hfov(64, 48, 1.0), color=image)
    found = perceiver.perceive(frame)
    assert 1 <= len(found) <= 5
    scores = [detection.confidence for detection in found]
    assert scores == sorted(scores, reverse=True)
    for detection in found:
        assert detection.label in LABELS
        assert (np.array(detection.box_px) >= 0).all()
        assert (np.array(detection.box_px) <= (64, 48, 64, 48)).all()
        assert detection.mask is not None
        assert detection.mask.shape == (48, 64)
        assert detection.mask.dtype == np.bool_
        assert detection.embedding is not None
        assert np.linalg.norm(detection.embedding) == pytest.approx(1, abs=1e-5)
    for first, second in zip(found, build().perceive(frame), strict=True):
        assert (first.label, first.confidence, first.box_px) == (
            second.label,
            second.confidence,
            second.box_px,
        )
        np.testing.assert_array_equal(first.mask, second.mask)
        np.testing.assert_array_equal(first.embedding, second.embedding)


def test_without_segmenter_and_embedder_there_are_boxes_alone(
    owl_folder: Path, image: NDArray[np.uint8]
) -> None:
    perceiver = OpenVocabularyPerceiver(LABELS, detector=owl_folder, min_score=0.001)
    found = perceiver.detect(image)
    assert found
    assert all(d.mask is None and d.embedding is None for d in found)
    least = float(np.median([d.confidence for d in found]))
    stricter = OpenVocabularyPerceiver(LABELS, detector=owl_folder, min_score=least)
    assert set(stricter.detect(image)) <= set(found)


@pytest.mark.parametrize("kind", ["clip_folder", "siglip_folder"])
def test_images_and_texts_share_one_space(
    kind: str, image: NDArray[np.uint8], request: pytest.FixtureRequest
) -> None:
    encoder = ImageTextEncoder(request.getfixturevalue(kind), batch_size=2)
    assert isinstance(encoder, TextEncoder)
    texts = encoder.encode(["mug", "chair", "", "sofa"])
    images = encoder.encode_images([image, image[:20], image[5:30, 10:40]])
    assert texts.shape == (4, encoder.size)
    assert images.shape == (3, encoder.size)
    assert texts.dtype == images.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), (1, 1, 0, 1), atol=1e-5)
    np.testing.assert_allclose(encoder.encode(["chair"])[0], texts[1], atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.size)


def test_sentence_encoder_ignores_the_batch_up_to_rounding(
    transformers: Any, tmp_path: Path
) -> None:
    config = transformers.BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path)
    bert_tokenizer(transformers).save_pretrained(tmp_path)
    encoder = SentenceEncoder(tmp_path, batch_size=2)
    assert isinstance(encoder, TextEncoder)
    rows = encoder.encode(["red mug", "a photo of a dining table", "", "mug"])
    assert rows.shape == (4, 16)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), (1, 1, 0, 1), atol=1e-5)
    np.testing.assert_allclose(encoder.encode(["red mug"])[0], rows[0], atol=1e-5)


@pytest.mark.parametrize(
    ("phrase", "index"),
    [
        ("mug", 0),
        ("Dining Table", 1),
        ("table", 1),
        ("dining table chair", 1),
        ("chairs", 2),
        ("", None),
        ("xylophone", None),
    ],
)
def test_phrases_of_a_grounded_detector_become_labels(phrase: str, index: int | None) -> None:
    assert find_label(phrase, LABELS) == index


def test_nothing_is_downloaded(transformers: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="download it first"):
        OpenVocabularyPerceiver(LABELS, detector="google/owlv2-base-patch16")
    with pytest.raises(InputError, match="download it first"):
        ImageTextEncoder(tmp_path / "none")
    with pytest.raises(InputError, match="labels must be"):
        OpenVocabularyPerceiver((), detector=tmp_path)


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_missing_packages_name_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"embodied-mem\[vlm\]"):
        OpenVocabularyPerceiver(LABELS, detector=tmp_path)
    with pytest.raises(MissingExtraError, match=r"embodied-mem\[vlm\]"):
        ImageTextEncoder(tmp_path)
