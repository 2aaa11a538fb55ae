"""Models small enough to be made anew for a test: random weights, a real tokenizer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from semeval_humor.models import Model

TEXTS = [
    "Why did the mayor resign? Because the pigeon had more votes, and a better speech.",
    "¿Por qué dimitió el alcalde? Porque la paloma tenía más votos y un discurso mejor.",
    "市长为什么辞职？因为鸽子的票更多，演讲也更好。",
]

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    "{% if enable_thinking is not defined or enable_thinking %}<think>{% endif %}"
)


def save_tokenizer(path: Path, *, chat: bool, bos: bool, template: str = TEMPLATE) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    if bos:
        inner.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    if chat:
        tokenizer.chat_template = template
    tokenizer.save_pretrained(path)
    return tokenizer


def save_model(
    path: Path, *, chat: bool = True, bos: bool = False, context: int = 128, width: int = 32
) -> Model:
    """A Llama of two layers that writes much the same nonsense each time it is made."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = save_tokenizer(path, chat=chat, bos=bos)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            initializer_range=0.3,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    )
    with torch.no_grad():  # logit 0, never the largest: answers end only where a test wants it
        model.lm_head.weight[:3] = 0
    model.save_pretrained(path)
    return Model("tiny", str(path), None, chat)


def save_adapter(
    path: Path,
    model: Model,
    *,
    targets: Iterable[str] = ("q_proj", "v_proj"),
    rank: int = 4,
    **options: Any,
) -> Path:
    """A LoRA adapter that changes what the model says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(model.path, dtype=torch.float32)
    config = LoraConfig(r=rank, target_modules=list(targets), task_type="CAUSAL_LM", **options)
    adapted = get_peft_model(base, config)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name or "lora_embedding_B" in name:
                parameter.normal_(std=0.3)
    adapted.save_pretrained(path)
    return path
