"""A small folder of data in the layout of the real one, with rows of our own."""

from pathlib import Path

FILES = {
    "corpora/en/colbert_dev.csv": (
        "text,humor\n"
        "My toaster and I broke up because it said I was too crumby,True\n"
        '"I told my calendar a secret, and now its days are numbered",True\n'
        "I told my calendar a secret and now its days are numbered!,True\n"
        "City council delays the vote on a new bridge to March,False\n"
        "Harbour town elects a pelican as its honorary mayor,False\n"
    ),
    "corpora/es/haha_2021_train.csv": (
        "id,text,is_humor,votes_no,humor_rating\n"
        't1,"—Doctor, ¿es grave?\n—No, es esdrújula. #chistes #humor",1,0,3.5\n'
        't2,"@vecina se me ha perdido otra vez el paraguas azul",0,3,NULL\n'
        't3,"Jajaja",0,3,\n'
    ),
    "corpora/zh/task1_train.csv": (
        "id,joke,label\n"
        "0,我的闹钟比我努力，所以我每天早上奖励它多响五分钟。,1\n"
        "1,冰箱是一个寒冷的地方，食物在那里等待被遗忘。,0\n"
        "2,社区图书馆延长周末开放时间，方便学生借书,1\n"
    ),
    "corpora/zh/task1_development.csv": (
        "\ufeffid,joke\r\n0,我的鬧鐘比我努力，所以我每天早上獎勵它多響五分鐘！\r\n"
        "1,邻居家的猫学会了开门，现在房租该它付了。\r\n"
    ),
    "corpora/zh/thucnews_dev.txt": ('新桥明年通车 "市民期待\t5\n气象台发布今夏第一个高温预警\t3\n'),
    "mwahaha/dev/task-a-en.tsv": (
        "id\tword1\tword2\theadline\n"
        "en_1\t-\t-\tHarbor town elects a pelican as its honorary mayor\n"
        "en_2\tknit\tsock\t-\n"
    ),
    "mwahaha/dev/task-a-zh.tsv": (
        "id\tword1\tword2\theadline\nzh_1\t-\t-\t社區圖書館延長週末開放時間，方便學生借書\n"
    ),
}


def make(folder: Path, *names: str) -> Path:
    """Write the named files into a folder, or all of them."""
    for name in names or FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name].encode())
    return folder
