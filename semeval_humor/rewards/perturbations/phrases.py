"""What is added to jokes to spoil them: data only."""

from collections.abc import Mapping

from semeval_humor.schema import Lang

FOREIGN: Mapping[str, tuple[str, ...]] = {
    "Arabic": (
        *("مرحبا", "الكتاب", "البيت", "اليوم", "المدينة", "جديد", "الطريق", "الماء", "صباح"),
        *("الناس", "كبير", "يقول", "ولكن", "الوقت", "هذا"),
    ),
    "Cyrillic": (
        *("привет", "книга", "сегодня", "город", "новый", "дорога", "вода", "утро", "люди"),
        *("большой", "говорит", "всегда", "потому", "время", "это"),
    ),
    "Devanagari": ("नमस्ते", "आज", "शहर", "लोग", "समय", "दोस्त", "नया", "पानी", "रास्ता", "बहुत"),
    "Greek": ("σήμερα", "πόλη", "άνθρωποι", "καινούργιο", "δρόμος", "νερό", "πάντα", "επειδή"),
    "Han": (
        *("今天", "城市", "新闻", "我们", "可以", "时间", "朋友", "没有", "因为", "世界", "问题"),
        *("开始", "這個", "國家", "電話"),
    ),
    "Hangul": ("안녕", "오늘", "도시", "사람", "시간", "친구", "새로운", "문제", "시작", "세계"),
    "Hebrew": ("שלום", "היום", "העיר", "אנשים", "חדש", "הדרך", "המים", "תמיד", "ספר", "הרבה"),
    "Hiragana": ("それで", "だから", "ありがとう", "ました", "でしょう", "みんな", "ところ"),
    "Latin": (
        *("because", "the", "people", "said", "that", "weather", "was", "fine", "they", "walked"),
        *("home", "with", "mañana", "porque", "la", "gente", "entonces", "ciudad", "cuando", "de"),
    ),
    "Thai": ("สวัสดี", "วันนี้", "เมือง", "เวลา", "เพื่อน", "ใหม่", "น้ำ", "ถนน", "เพราะ", "ทุกคน"),
}
UNSPACED = frozenset({"Han", "Hiragana", "Thai"})
"""Scripts that are written without spaces."""

LAUGHTER: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        *("haha", "hahaha", "haha!!!", "HAHAHA", "lol", "LOL", "lmao", "hehe", "rofl", "bahaha"),
        *("so funny", "hilarious"),
    ),
    Lang.ES: (
        *("jaja", "jajaja", "jaja!!!", "JAJAJA", "jeje", "jejeje", "jijiji", "xD", "XD", "lol"),
        *("qué risa", "buenísimo"),
    ),
    Lang.ZH: (
        *(
            "哈哈",
            "哈哈哈",
            "哈哈！！！",
            "嘿嘿",
            "嘻嘻",
            "呵呵",
            "笑死",
            "笑死我了",
            "233",
            "太好笑了",
        ),
    ),
}

EMOJI = tuple("😂🤣😆😅😹🤪😜😎🥳🔥💀👏🎉😭🙃🤡👻🍌🐔🤖👍❤💯😏")

CODE = (
    *("def joke(): return None", "import os", 'print("ha")', "</div>", "SELECT * FROM jokes;"),
    *('{"text": null}', "for (int i = 0; i < 10; i++) {", "if (x == null) { return; }"),
    *("#include <stdio.h>", "var a = [];", "0x7f3a", "&nbsp;", "```python", "console.log(x);"),
    *("git push origin main", "self.assertEqual(a, b)", "std::cout << a;", "[PAD] [PAD]"),
    *("public static void main(String[] args)", "\\n\\n\\t", "=> { }", "a[i] += b[j];"),
    *("<html><body>", "lambda x: x", "return 0;", "sudo rm file.txt", "$('#id').hide();"),
)

BEFORE: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        "Sure, here's a joke for you: ",
        "Here is a short joke that uses both words:\n\n",
        "Of course! Here's one: ",
        "Certainly! I came up with this joke:\n",
        "Okay, here's my joke about the headline: ",
        "Joke: ",
        "**Joke:** ",
        "Absolutely! Here's a funny one-liner: ",
        "Great, here is a joke based on your headline:\n",
        "As a large language model, I have no sense of humor, but here is a joke: ",
    ),
    Lang.ES: (
        "¡Claro! Aquí tienes un chiste: ",
        "Aquí va un chiste corto con las dos palabras:\n\n",
        "Por supuesto, este es un chiste sobre el titular: ",
        "¡Claro que sí! Te dejo un chiste:\n",
        "Chiste: ",
        "**Chiste:** ",
        "Como modelo de lenguaje no tengo humor, pero aquí tienes un chiste: ",
        "Con gusto, aquí te presento una broma: ",
        "Perfecto, aquí tienes un chiste breve:\n",
    ),
    Lang.ZH: (
        "好的，这是一个笑话：",
        "当然可以！以下是一个包含这两个词的笑话：\n\n",
        "没问题，给你讲个段子：",
        "这是根据标题写的笑话：\n",
        "笑话：",
        "**笑话：**",
        "作为一个人工智能，我没有幽默感，但这里有一个笑话：",
        "好的！下面是一个简短的幽默段子：",
    ),
}
AFTER: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        "\n\nI hope you like it!",
        "\n\nLet me know if you would like another joke.",
        " (19 words)",
        "\n\nExplanation: the humor comes from the double meaning of the last word.",
        "\n\nNote: this joke uses both words as requested.",
        "\n\nThis joke plays on the two meanings of a word.",
        "\n\nWould you like me to write another one?",
    ),
    Lang.ES: (
        "\n\n¡Espero que te guste!",
        "\n\n¿Quieres que te cuente otro chiste?",
        " (19 palabras)",
        "\n\nExplicación: la gracia está en el doble sentido de la última palabra.",
        "\n\nNota: el chiste usa las dos palabras pedidas.",
        "\n\nEste chiste juega con los dos sentidos de una palabra.",
    ),
    Lang.ZH: (
        "\n\n希望你喜欢！",
        "\n\n如果你还想听，我可以再讲一个。",
        "（共32字）",
        "\n\n解释：笑点在于最后一个词有两个意思。",
        "\n\n注：这个笑话用了题目要求的两个词。",
        "\n\n这个笑话利用了一个词的双重含义。",
    ),
}

ROLES_BEFORE = (
    *("<|im_start|>assistant\n", "assistant\n", "<|assistant|>\n", "[INST] tell a joke [/INST] "),
    *("<s>", "<think>\nI need a joke with both words.\n</think>\n", "<start_of_turn>model\n"),
    "<|start_header_id|>assistant<|end_header_id|>\n\n",
)
ROLES_AFTER = (
    *("<|im_end|>", "</s>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "\nassistant\n"),
    *("<|im_end|>\n<|im_start|>user\n", "\nuser\n", "<｜end▁of▁sentence｜>", " [/INST]"),
)
