"""Text encoders small enough to be made anew for a test: random weights, real tokenizers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semeval_humor.rewards.classifier import Card, write_card
from semeval_humor.rewards.encoders import TransformersEncoder, load_parts, save_encoder
from semeval_humor.schema import Lang
from tests.rewards.jokes import JOKES

TEXTS = [text for jokes in JOKES.values() for text in jokes]
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def save_bert(path: Path, texts: Sequence[str] = TEXTS, layers: int = 2) -> Path:
    """A BERT of two layers whose WordPiece vocabulary is of some texts."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    inner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(vocab_size=600, special_tokens=BERT_SPECIAL, show_progress=False),
    )
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    torch.manual_seed(0)
    model = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=layers,
            num_attention_heads=4,
            max_position_embeddings=64,
        )
    )
    return _saved(path, tokenizer, model)


def save_deberta(path: Path) -> Path:
    """A DeBERTa-v2 whose tokenizer is made from a SentencePiece model with byte fallback."""
    import sentencepiece
    import torch
    from transformers import AutoTokenizer, DebertaV2Config, DebertaV2Model

    path.mkdir(parents=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(path / "spm"),
        vocab_size=700,
        byte_fallback=True,
        hard_vocab_limit=False,
        pad_piece="[PAD]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        unk_piece="[UNK]",
        user_defined_symbols="[MASK]",
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
    )
    (path / "config.json").write_text('{"model_type": "deberta-v2"}', encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(path)  # from spm.model, as the hub has it
    torch.manual_seed(0)
    model = DebertaV2Model(
        DebertaV2Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=64,
        )
    )
    return _saved(path, tokenizer, model)


def save_classifier(path: Path, parent: Path, *, temperature: float = 1.0, **card: Any) -> Path:
    """An untrained classifier on an encoder, with a head that tells texts apart."""
    import torch

    torch.manual_seed(1)
    tokenizer, model = load_parts(parent, head=None)
    torch.nn.init.normal_(model["head"].weight)
    path.mkdir(parents=True)
    save_encoder(path, TransformersEncoder(tokenizer, model, 64))
    write_card(
        path,
        Card(
            langs=(Lang.EN,),
            parent=str(parent),
            temperature=temperature,
            label={Lang.EN: "joke against other text"},
            **{"max_length": 64, "funniness": True, **card},
        ),
    )
    return path


def _saved(path: Path, tokenizer: Any, model: Any) -> Path:
    tokenizer.save_pretrained(path)
    model.save_pretrained(path)
    return path
