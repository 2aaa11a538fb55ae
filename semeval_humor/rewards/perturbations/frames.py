"""Sentences with gaps that make prose without a joke: data only.

``{a}`` and ``{b}`` are words of a joke, ``{opening}`` its beginning; the other gaps are filled from
``SLOTS``, twice independently where a name ends in 2.
"""

from collections.abc import Mapping

from semeval_humor.schema import Lang

SLOTS: Mapping[Lang, Mapping[str, tuple[str, ...]]] = {
    Lang.EN: {
        "who": (
            *("a teacher", "the mechanic", "an old man", "a tourist", "the librarian", "a nurse"),
            *("a farmer", "the waiter", "my uncle", "a lawyer", "my sister", "the plumber"),
            *("a priest", "the manager", "a chicken", "my neighbor", "a blonde woman", "a doctor"),
        ),
        "place": (
            *("the bank", "a bar", "the station", "the supermarket", "the library", "the office"),
            *("the dentist", "the airport", "a small hotel", "the market", "the post office"),
            *("the hospital", "a restaurant", "the bakery"),
        ),
        "thing": (
            *("a ticket", "some bread", "a used bicycle", "the newspaper", "a pair of shoes"),
            *("a light bulb", "two stamps", "a bag of rice", "the contract", "a winter coat"),
            *("a phone charger", "the spare key", "a bottle of water", "a form"),
        ),
        "day": (
            *("on Monday", "on Tuesday", "last Friday", "this morning", "in March", "yesterday"),
            *("on the weekend", "before lunch", "last summer"),
        ),
        "number": tuple(map(str, range(2, 41))),
    },
    Lang.ES: {
        "who": (
            *("un profesor", "el mecánico", "un anciano", "una turista", "la bibliotecaria"),
            *("una enfermera", "un granjero", "el camarero", "mi tío", "un abogado", "mi hermana"),
            *("el fontanero", "un cura", "la directora", "Jaimito", "mi vecino", "una doctora"),
        ),
        "place": (
            *("el banco", "un bar", "la estación", "el supermercado", "la biblioteca"),
            *("la oficina", "la consulta", "el aeropuerto", "un hotel pequeño", "el mercado"),
            *("la escuela", "el hospital", "un restaurante", "la panadería"),
        ),
        "thing": (
            *("un billete", "dos barras de pan", "una bicicleta usada", "el periódico"),
            *("un par de zapatos", "una bombilla", "dos sellos", "un kilo de arroz"),
            *("el contrato", "un abrigo", "un cargador", "la llave", "una botella de agua"),
        ),
        "day": (
            *("el lunes", "el martes", "el viernes pasado", "esta mañana", "en marzo", "ayer"),
            *("el fin de semana", "antes de comer", "el verano pasado"),
        ),
        "number": tuple(map(str, range(2, 41))),
    },
    Lang.ZH: {
        "who": (
            *("老师", "修车师傅", "一位老人", "一个游客", "图书管理员", "护士", "小明", "服务员"),
            *("我叔叔", "律师", "我姐姐", "水管工", "经理", "邻居", "医生", "农民", "老板"),
        ),
        "place": (
            *("银行", "酒吧", "车站", "超市", "图书馆", "办公室", "牙科诊所", "机场", "小旅馆"),
            *("市场", "学校", "医院", "饭店", "面包店"),
        ),
        "thing": (
            *("一张车票", "两个面包", "一辆旧自行车", "一份报纸", "一双鞋", "一个灯泡", "两张邮票"),
            *("一袋大米", "一份合同", "一件大衣", "一个充电器", "一把钥匙", "一瓶水"),
        ),
        "day": (
            *("星期一", "星期二", "上个星期五", "今天早上", "三月份", "昨天", "周末", "午饭前"),
            *("去年夏天",),
        ),
        "number": tuple(map(str, range(2, 41))),
    },
}

NEUTRAL: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        "{who} walks into {place} and asks for {thing}. It costs {number} dollars.",
        "Why did {who} go to {place}? To pick up {thing}.",
        "What did {who} say to {who2} at {place}? That {thing} was ready.",
        "Knock knock. Who's there? {who} from {place}, with {thing} for you.",
        "{who} and {who2} meet at {place}. They talk about {thing} and then they go home.",
        "How many people does it take to carry {thing} to {place}? Two, if it is far.",
        "I told {who} that {place} was closed {day}, so we went {day2} instead.",
        "What do you need to get {thing} at {place}? A valid card and {number} dollars.",
        "My wife asked me to bring {thing} from {place}, so I got it {day}.",
        "{who}: is {place} open {day}? {who2}: yes, from nine to five.",
        "What is the difference between {thing} and {thing2}? About {number} dollars.",
        "Did you hear about {who} who bought {thing}? It arrived {day}.",
        "I like {place}. It is quiet there, and they sell {thing}.",
        "The interest rate went up by {number} points {day}, so {who} went to {place}.",
        "If {place} is closed, {thing} can be collected {day}.",
        "{who} says to {who2}: I left {thing} at {place}. {who2} says: I will bring it {day}.",
    ),
    Lang.ES: (
        "Entra {who} en {place} y pide {thing}. Cuesta {number} euros.",
        "¿Por qué fue {who} a {place}? Para recoger {thing}.",
        "¿Qué le dijo {who} a {who2} en {place}? Que ya tenía {thing}.",
        "—Toc, toc. —¿Quién es? —Soy {who}, traigo {thing}. —Gracias, déjelo en {place}.",
        "Se encuentran {who} y {who2} en {place}. Hablan de {thing} y luego se van a casa.",
        "¿Cuántas personas hacen falta para llevar {thing} a {place}? Dos, si está lejos.",
        "Le conté a {who} que {place} estaba cerrado y fuimos {day}.",
        "¿Qué se necesita para comprar {thing} en {place}? Una tarjeta y {number} euros.",
        "Mi mujer me pidió {thing}, así que pasé por {place} {day}.",
        "—¿Abre {place} {day}? —Sí, de nueve a cinco.",
        "¿En qué se diferencian {thing} y {thing2}? En unos {number} euros.",
        "Esto es {who} que compra {thing}. Se lo entregan {day}.",
        "Me gusta {place}. Es un sitio tranquilo y venden {thing}.",
        "El interés subió {number} puntos {day}, así que {who} fue a {place}.",
        "Si {place} está cerrado, se puede recoger {thing} {day}.",
        "Dice {who}: dejé {thing} en {place}. Y responde {who2}: te lo llevo {day}.",
    ),
    Lang.ZH: (
        "{who}走进{place}，要了{thing}，一共{number}块钱。",
        "{who}为什么去{place}？因为要取{thing}。",
        "{who}在{place}对{who2}说了什么？说{thing}已经准备好了。",
        "有一天，{who}去{place}买{thing}，付了{number}块钱，然后就回家了。",
        "{who}和{who2}在{place}见面，谈了谈{thing}，后来各自回家了。",
        "把{thing}搬到{place}需要几个人？路远的话需要两个人。",
        "我告诉{who}，{place}{day}不开门，所以我们{day2}才去。",
        "在{place}买{thing}需要什么？需要带证件和{number}块钱。",
        "老婆让我去{place}买{thing}，我{day}就买回来了。",
        "{who}问：{place}{day}开门吗？{who2}答：开门，早上九点到下午五点。",
        "{thing}和{thing2}有什么区别？价格相差{number}块钱左右。",
        "听说{who}买了{thing}，{day}就送到了。",
        "我喜欢去{place}，那里很安静，还卖{thing}。",
        "{day}利率上调了{number}个基点，所以{who}去了一趟{place}。",
        "如果{place}关门，可以{day}再来领取{thing}。",
        "{who}说：我把{thing}忘在{place}了。{who2}说：我{day}给你带过来。",
    ),
}

NEWS: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        "Officials said {day} that a review of {a} and {b} will take {number} weeks.",
        "Authorities confirmed {day} that {opening}, according to a written statement.",
        "A new report on {a} finds that spending on {b} rose by {number} percent.",
        "Police are looking into a case in which {opening}; no one was hurt.",
        "{opening}, a spokesperson for the ministry told reporters {day}.",
        "The committee heard evidence about {a} {day} and will publish its findings on {b}.",
        "Researchers who studied {a} in {number} cities say that {b} deserves more attention.",
        "Witnesses told a local paper that {opening}. The investigation continues.",
        "The council approved a plan for {a} {day}, after a long debate over {b}.",
        "According to figures released {day}, {number} percent of households mention {a} or {b}.",
    ),
    Lang.ES: (
        "Las autoridades informaron {day} de que revisarán {a} y {b} en {number} semanas.",
        "Fuentes oficiales confirmaron {day} que {opening}, según un comunicado.",
        "Un nuevo informe sobre {a} señala que el gasto en {b} creció un {number} por ciento.",
        "La policía investiga un caso en el que {opening}; no hubo heridos.",
        "{opening}, declaró {day} un portavoz del ministerio ante los medios.",
        "La comisión escuchó {day} a los expertos en {a} y publicará sus conclusiones sobre {b}.",
        "Un estudio sobre {a} en {number} ciudades pide más atención a {b}.",
        "Varios testigos contaron a un diario local que {opening}. La investigación continúa.",
        "El ayuntamiento aprobó {day} un plan para {a} tras un largo debate sobre {b}.",
        "Según datos publicados {day}, el {number} por ciento de los hogares menciona {a} o {b}.",
    ),
    Lang.ZH: (
        "有关部门{day}表示，将在{number}周内完成对{a}和{b}的检查。",
        "据官方{day}发布的通报，{opening}，具体情况正在核实。",
        "最新报告显示，与{a}有关的{b}支出增长了百分之{number}。",
        "警方正在调查一起事件：{opening}，目前没有人员受伤。",
        "{opening}，发言人{day}在新闻发布会上说。",
        "委员会{day}听取了关于{a}的汇报，并将公布对{b}的调查结果。",
        "研究人员在{number}个城市调查了{a}，认为{b}值得关注。",
        "据当地媒体报道，{opening}。调查仍在进行。",
        "会议{day}通过了{a}的改造方案，并讨论了{b}问题。",
        "{day}公布的数据显示，百分之{number}的家庭提到了{a}或{b}。",
    ),
}

HEADLINES: Mapping[Lang, tuple[str, ...]] = {
    Lang.EN: (
        "City Council Delays Vote on {a} After Complaints About {b}",
        "Study Links {a} to {b} in {number} Countries",
        "Minister Defends Plan for {a} as {b} Costs Rise",
        "Experts Warn of {a} Shortage Ahead of {b} Season",
        "{number} Questions About {a} and {b}, Answered",
        "Court Rules on {a} in Dispute Over {b}",
        "Local Museum Opens Exhibition on {a} and {b}",
        "Survey: {number} Percent Prefer {a} to {b}",
    ),
    Lang.ES: (
        "El ayuntamiento aplaza la votación sobre {a} tras las quejas por {b}",
        "Un estudio relaciona {a} con {b} en {number} países",
        "La ministra defiende el plan para {a} mientras sube el precio de {b}",
        "Los expertos alertan de la falta de {a} antes de la temporada de {b}",
        "{number} preguntas sobre {a} y {b}",
        "Un tribunal se pronuncia sobre {a} en el litigio por {b}",
        "El museo local abre una exposición sobre {a} y {b}",
        "Encuesta: el {number} por ciento prefiere {a} a {b}",
    ),
    Lang.ZH: (
        "市议会因{b}投诉推迟对{a}的表决",
        "研究发现{number}国{a}与{b}有关",
        "部长回应{a}计划：{b}成本上升属正常",
        "专家提醒{b}旺季前{a}或将短缺",
        "关于{a}与{b}的{number}个问题",
        "法院就{b}纠纷中的{a}作出裁决",
        "本地博物馆举办{a}与{b}主题展",
        "调查显示百分之{number}的受访者更喜欢{a}而非{b}",
    ),
}
