"""The ranking of docs/memory.md, written a second time and plainly, and compared with the one that the daemon uses.

    ranking.py compare PROGRAM [QUERIES]   random cases through examples/rank; every difference is an error
    ranking.py vectors FILE                writes the cases and answers that memory/vectors.json pins
"""

import json
import random
import subprocess
import sys

import snowballstemmer

STEM = snowballstemmer.stemmer("english").stemWord
RANKED = 1000
STOP_WORDS = set(
    """a about above after again against all am an and any are as at be because been before being below between both but by can did do
    does doing don down during each few for from further had has have having he her here hers herself him himself his how i if in into
    is it its itself just me more most my myself no nor not now of off on once only or other our ours ourselves out over own s same she
    should so some such t than that the their theirs them themselves then there these they this those through to too under until up very
    was we were what when where which while who whom why will with you your yours yourself yourselves""".split()
)
SEPARATORS = [
    (0x80, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x2000, 0x2BFF), (0x3000, 0x303F),
    (0xE000, 0xF8FF), (0xFE00, 0xFE6F), (0xFF00, 0xFF0F), (0x1F000, 0x1FAFF),
]  # fmt: skip
ALONE = [(0x0E00, 0x109F), (0x3040, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)]


def within(ranges, code):
    return any(first <= code <= last for first, last in ranges)


def lower(code):
    if 0x41 <= code <= 0x5A or 0xC0 <= code <= 0xDE or 0x391 <= code <= 0x3A9 or 0x410 <= code <= 0x42F:
        return code + 32
    if 0x400 <= code <= 0x40F:
        return code + 80
    if 0x531 <= code <= 0x556:
        return code + 48
    if (0x100 <= code <= 0x137 or 0x14A <= code <= 0x177) and code % 2 == 0:
        return code + 1
    if (0x139 <= code <= 0x148 or 0x179 <= code <= 0x17E) and code % 2 == 1:
        return code + 1
    return 0xFF if code == 0x178 else code


def terms(text):
    words, word = [], ""
    for character in text + " ":
        code = ord(character)
        if code >= 0x80:
            separates, alone = within(SEPARATORS, code), within(ALONE, code)
        else:
            separates, alone = not character.isalnum(), False
        if separates or alone:
            words.append(word)
            word = ""
        if alone:
            words.append(character)
        elif not separates:
            word += chr(lower(code))
    return [STEM(word) for word in words if word and word not in STOP_WORDS]


def log2_q16(n):
    """floor of log2(n) * 2^16, by squaring a mantissa of 32 bits."""
    exponent = n.bit_length() - 1
    mantissa = (n << (63 - exponent)) >> 32
    log = exponent << 16
    for bit in range(15, -1, -1):
        mantissa = mantissa * mantissa >> 31
        if mantissa >> 32:
            mantissa >>= 1
            log |= 1 << bit
    return log


def counts(records, index):
    """How often a record has a term: its own twice, those of the record before once."""
    record, found = records[index], {}
    for term in terms(record["text"]):
        found[term] = found.get(term, 0) + 2
    if record["run"] is not None:
        for before in reversed(records[:index]):
            same = before is not None and (before["user"], before["run"]) == (record["user"], record["run"])
            if same and before["id"] != record["id"]:
                for term in terms(before["text"]):
                    found[term] = found.get(term, 0) + 1
                break
    return found


def prepare(case):
    records = [None if index in case["removed"] else record for index, record in enumerate(case["records"])]
    return records, [None if record is None else counts(records, index) for index, record in enumerate(records)]


def search(case, records, counted, query):
    def known(record):
        return query["as_of_seq"] is None or record["seq"] <= query["as_of_seq"]

    def replaced(index):
        for later in records[index + 1 :]:
            if later is not None and records[index]["id"] in (later["id"], later["supersedes"]):
                return known(later)
        return False

    def ranged_over(index):
        record = records[index]
        if record is None or not known(record) or replaced(index):
            return False
        expired = record["expires_at"] is not None and record["expires_at"] <= query["now"]
        return not expired and query["user"] in (None, record["user"])

    live = [index for index in range(len(records)) if ranged_over(index)]
    lengths = {index: sum(counted[index].values()) for index in live}
    total = sum(lengths.values())
    keyword = {}
    for term in set(terms(query["text"])):
        having = [index for index in live if term in counted[index]]
        idf = log2_q16(2 * (len(live) + 1)) - log2_q16(2 * len(having) + 1)
        for index in having:
            count = counted[index][term]
            tf = (2200 * count << 10) // (1000 * count + 300 + 900 * lengths[index] * len(live) // total)
            keyword[index] = keyword.get(index, 0) + idf * tf
    dense = {}
    if case["dimensions"] and len(query["vector"]) == case["dimensions"]:
        for index in live:
            vector = records[index]["vector"]
            if len(vector) == case["dimensions"]:
                dense[index] = sum(left * right for left, right in zip(query["vector"], vector))

    def ranks(scores):
        order = sorted(scores, key=lambda index: (-scores[index], index))[:RANKED]
        return {index: rank for rank, index in enumerate(order)}

    by_keyword, by_dense = ranks({index: score for index, score in keyword.items() if score > 0}), ranks(dense)
    fused = {}
    for index in by_keyword:
        fused[index] = fused.get(index, 0) + (2 << 32) // (60 + by_keyword[index])
    for index in by_dense:
        fused[index] = fused.get(index, 0) + (1 << 32) // (60 + by_dense[index])
    best = sorted(fused, key=lambda index: (-fused[index], index))[: query["k"]]
    return [[index, fused[index], keyword[index] if index in by_keyword else 0, dense.get(index) if index in by_dense else None] for index in best]


WORDS = """Alice Bob moved moving movement Berlin Hamburg München Zürich Łódź lives living loved espresso coffee tea chess playing players
    Friday Fridays meeting meetings deadline project projects Rust Python compiler running runs ran happily happiness relational
    conditional the and with not from she's don't 2026 42 3.14 x86_64 C++ naïve café CAFÉ ÉCOLE Straße Привет ПРИВЕТ мир Ёлка ΑΘΗΝΑ αθηνα
    東京 住んでいます 我喜欢咖啡 สวัสดี nationality generously flying flies dying skies news succeed early only o'neil re-run e-mail
    university universal organization organizing sensibility hopping hoped crying ponies caresses agreed plastered motoring
    formaliti triplicate adjustable effective bowdlerize probate controlling rolling""".split()


def sentence(source):
    separators = [" ", " ", " ", ", ", ". ", " — ", "\n", "/", "。"]
    return "".join(word + source.choice(separators) for word in source.choices(WORDS, k=source.randint(1, 14)))


def case_of(source, size):
    dimensions = source.choice([0, 8, 16])
    users, runs = [None, "alice", "bob"], [None, "one", "two"]
    vector = lambda: [source.randint(-127, 127) for _ in range(dimensions)]
    records, seq = [], 1
    for index in range(size):
        seq += source.random() < 0.2
        again = source.random() < 0.15 and index > 0
        records.append(
            {
                "id": source.choice(records)["id"] if again else 1000 + index,
                "seq": seq,
                "text": sentence(source),
                "user": source.choice(users),
                "run": source.choice(runs),
                "vector": vector() if source.random() < 0.9 else [],
                "supersedes": 1000 + source.randrange(index) if index and source.random() < 0.05 else None,
                "expires_at": source.randint(1, 100) if source.random() < 0.1 else None,
            }
        )
    removed = source.sample(range(size), k=size // 8)
    return {"dimensions": dimensions, "records": records, "removed": removed, "queries": []}, seq, vector


def query_of(source, seq, vector):
    return {
        "text": sentence(source),
        "vector": vector() if source.random() < 0.8 else [],
        "k": source.choice([1, 3, 10, 200]),
        "user": source.choice([None, None, "alice", "bob", "nobody"]),
        "now": source.randint(0, 100),
        "as_of_seq": source.randint(0, seq) if source.random() < 0.3 else None,
    }


def made(source, size, queries):
    case, seq, vector = case_of(source, size)
    case["queries"] = [query_of(source, seq, vector) for _ in range(queries)]
    records, counted = prepare(case)
    return case, [search(case, records, counted, query) for query in case["queries"]]


def compare(program, queries):
    source = random.Random(18)
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(case):
        process.stdin.write(json.dumps(case) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    for word in WORDS + [sentence(source) for _ in range(500)]:
        assert ask({"terms": word}) == terms(word), f"terms of {word!r}: {ask({'terms': word})}, and here {terms(word)}"
    asked = hits = 0
    while asked < queries:
        # One case has more records than a part of the ranking has ranks.
        size = 1200 if asked == 0 else source.randint(1, 80)
        case, expected = made(source, size, 20 if asked == 0 else 100)
        answered = ask(case)
        for query, got, want in zip(case["queries"], answered, expected, strict=True):
            assert got == want, f"{json.dumps(query)}\n{got}\n{want}"
            hits += len(want)
        asked += len(expected)
    process.stdin.close()
    assert process.wait() == 0
    print(f"ranking: {asked} random queries with {hits} hits, 0 differences")


def vectors(path):
    source = random.Random(7)
    texts = [sentence(source) for _ in range(40)] + ["", "The", " \U0001f600 "]
    cases = [made(source, size, 12) for size in (1, 5, 30, 60)]
    document = {
        "terms": [[text, terms(text)] for text in texts],
        "words": [[word, STEM(word)] for word in sorted({word for text in texts for word in text.lower().split() if word.isascii() and word.isalpha()})],
        "log2_q16": [[n, log2_q16(n)] for n in [1, 2, 3, 5, 7, 10, 100, 101, 65535, 65536, 10**9, 2**40 + 1, 2**62, 2**63, 2**64 - 1]],
        "rankings": [{"case": case, "hits": answers} for case, answers in cases],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compare", program]:
            compare(program, 10_000)
        case ["compare", program, queries]:
            compare(program, int(queries))
        case ["vectors", path]:
            vectors(path)
        case _:
            sys.exit(__doc__)
