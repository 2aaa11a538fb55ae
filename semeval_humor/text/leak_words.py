"""The words that models put around a joke, by language: patterns in lower case."""

from collections.abc import Mapping

from semeval_humor.schema import Lang

# Models answer in the language of the prompt or in English, so each language has English as well.
_Words = Mapping[Lang, str]

JOKE: _Words = {
    Lang.EN: r"\b(?:jokes?|one[- ]?liners?|puns?|captions?|punch ?lines?|quips?)\b",
    Lang.ES: r"\b(?:chistes?|bromas?|chascarrillos?|frases? graciosas?)\b",
    Lang.ZH: r"(?:笑[话話]|段子|幽默|俏皮[话話])",
}
ONE: _Words = {
    Lang.EN: r"(?:a (?:good|funny|short) )?ones?\b",
    Lang.ES: r"un[oa]s?\b",
    Lang.ZH: r"一?[个個则則条條]",
}
EAGER: _Words = {
    Lang.EN: r"(?:sure(?: thing)?|certainly|of course|absolutely|definitely|ok(?:ay)?|alright"
    r"|great|no problem|got it|happy to help|i(?:['’]d| would) be (?:happy|glad) to(?: help)?"
    r"(?: with that)?)",
    Lang.ES: r"¡?(?:claro(?: que sí)?|por supuesto|seguro|desde luego|perfecto|vale|con (?:mucho )?"
    r"gusto|de acuerdo|entendido)",
    Lang.ZH: r"(?:好的?|[当當]然(?:可以)?|[没沒][问問][题題]|可以的?|明白了?)",
}
ANNOUNCEMENT: _Words = {
    Lang.EN: r"(?:here(?:['’]s| is| are| you go| it is)|below is|this is|i(?:['’]ve| have) "
    r"(?:come up with|written|created)|i came up with|let me (?:tell|give) you)",
    Lang.ES: r"¡?(?:(?:aquí|acá|ahí)(?: te| le| os)? (?:tienes?|va|van|está|dejo|traigo|presento)"
    r"|(?:te|le|os) (?:dejo|presento|comparto)|este es|a continuación)",
    Lang.ZH: r"(?:[这這](?:就)?是|[这這][里裡儿]有|以下是|下面是|"
    r"我?[给給为為][你您][讲講来來写寫准準创創])",
}
LABEL: _Words = {
    Lang.EN: r"(?:final |my |the |your |short |funny )?(?:joke|one-liner|caption|output"
    r"|final answer)",
    Lang.ES: r"(?:el )?chiste(?: corto| final)?",
    Lang.ZH: r"(?:最[终終])?(?:笑[话話]|段子)(?:[内內]容)?",
}
EXPLANATION: _Words = {
    Lang.EN: r"(?:explanation|why (?:it['’]s|it is|this is) funny|why (?:it|this)(?: joke)? works"
    r"|joke explained)",
    Lang.ES: r"(?:explicación|por qué (?:es gracioso|da risa|funciona))",
    Lang.ZH: r"(?:解[释釋析]|笑[点點](?:解析|分析|[说說]明)?|[说說]明)",
}
REMARK: _Words = {
    Lang.EN: r"(?:note|disclaimer)",
    Lang.ES: r"(?:nota|aclaración)",
    Lang.ZH: r"(?:注意?|[备備][注註])",
}
COMMENT: _Words = {
    Lang.EN: r"(?:(?:this|the) (?:joke|pun|humou?r|wordplay|punchline)(?: here)? (?:plays|is a play"
    r"|relies|works|comes from|lies in|uses|hinges))",
    Lang.ES: r"(?:(?:este|el) (?:chiste|humor)(?: aquí)? (?:juega|se basa|radica|utiliza"
    r"|usa|reside))",
    Lang.ZH: r"(?:[这這][个個]?(?:笑[话話]|段子)(?:的笑[点點])?"
    r"(?:利用|通[过過]|[运運]用|在[于於]))",
}
GOODBYE: _Words = {
    Lang.EN: r"(?:i hope (?:you|this|that)|hope (?:you|this) |let me know if|would you like (?:me|"
    r"another)|feel free to|enjoy!)",
    Lang.ES: r"(?:¡?espero que (?:te|os|le|esto|este)|¿(?:quieres|te gustaría) (?:que|otro))",
    Lang.ZH: r"(?:希望(?:[你您]|[这這]|能)|如果[你您](?:需要|想|[还還])|需要我)",
}
COUNT: _Words = {
    Lang.EN: r"(?:(?:total )?(?:word|character) count|words|characters)",
    Lang.ES: r"(?:(?:número|recuento|total|conteo) de palabras|palabras)",
    Lang.ZH: r"(?:[总總]?字[数數]|[总總]共)",
}
UNIT: _Words = {
    Lang.EN: r"(?:words|characters)(?: total| in total)?",
    Lang.ES: r"(?:palabras|caracteres)(?: en total)?",
    Lang.ZH: r"[个個]?(?:[汉漢]?字|字符)",
}
OPTION: _Words = {
    Lang.EN: r"(?:joke|option|version|alternative|caption)",
    Lang.ES: r"(?:chiste|opción|versión|alternativa)",
    Lang.ZH: r"(?:笑[话話]|段子|[选選][项項]|版本)",
}
APOLOGY: _Words = {
    Lang.EN: r"(?:i(?:['’]m| am) (?:\w+ )?sorry|sorry|i apologi[sz]e|unfortunately)[,.!]?"
    r"(?: but)? ",
    Lang.ES: r"(?:lo siento|lo lamento|disculpa|perdón)[,.!]?(?: pero)? ",
    Lang.ZH: r"(?:很?抱歉|[对對]不起|不好意思)[,，。！]?\s?(?:但是?)?",
}
CANNOT: _Words = {
    Lang.EN: r"i(?: (?:can(?:['’]t|not| not)|won['’]t|am (?:not able to|unable to))"
    r"|['’]m (?:not able to|unable to)) ",
    Lang.ES: r"no (?:puedo|me es posible) ",
    Lang.ZH: r"我?(?:[暂暫][时時])?(?:[无無]法|不能|不便)",
}
SERVE: _Words = {
    Lang.EN: r"(?:help|assist|fulfill?|create|generate|write|provide|comply|produce|complete"
    r"|process|access|view)\b",
    Lang.ES: r"(?:ayudar|generar|crear|cumplir|proporcionar|escribir|responder|producir|procesar"
    r"|acceder)",
    Lang.ZH: r"[^。，]{0,8}(?:生成|提供|[创創]作|回答|[满滿]足|[协協]助|[帮幫]|完成"
    r"|[编編]|[写寫]|[处處]理)",
}
# Without an apology, what cannot be done must be the task: people cannot generate enthusiasm.
TASK: _Words = {
    Lang.EN: r"[^.!?\n]{0,60}\b(?:with (?:that|this)|jokes?|requests?|content|captions?)\b",
    Lang.ES: r"[^.!?\n]{0,60}\b(?:con es[oae]|con est[oae]|chistes?|bromas?|contenido|solicitud)\b",
    Lang.ZH: r"[^。\n]{0,20}(?:笑[话話]|段子|[内內]容|[请請]求|要求)",
}
MACHINE: _Words = {
    Lang.EN: r"as (?:an ai\b|a large language model|a language model)",
    Lang.ES: r"como (?:(?:un )?modelo de lenguaje|(?:una )?(?:ia|inteligencia artificial)\b)",
    Lang.ZH: r"作[为為]一?[个個名]?(?:ai|人工智[能慧])",
}


def any_of(words: _Words, lang: Lang) -> str:
    """Return the alternatives of a language and English, without a group around them."""
    return "|".join(words[each] for each in sorted({Lang.EN, lang}))
