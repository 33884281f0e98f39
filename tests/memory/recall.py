"""What the ranking finds, by keywords alone: the share of questions' evidence among the first results.

    recall.py PROGRAM            a generated set of conversations, with a floor below which this fails
    recall.py PROGRAM FILE       locomo10.json: evidence turns of the questions of categories 1 to 4

PROGRAM is examples/rank.
"""

import datetime
import json
import random
import subprocess
import sys

PLACES = (5, 10, 20, 50)
# Of R@10 of the generated set, which is 0.885.
FLOOR = 0.85


def ask(program, cases):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True, encoding="utf-8")
    return [json.loads(line) for line in done.stdout.splitlines()]


def case_of(turns, questions):
    records = [
        {"id": index, "seq": 1, "text": text, "user": None, "run": run, "vector": [], "supersedes": None, "expires_at": None}
        for index, (run, text) in enumerate(turns)
    ]
    queries = [{"text": question, "vector": [], "k": max(PLACES), "user": None, "now": 0, "as_of_seq": None} for question, _ in questions]
    return {"dimensions": 0, "records": records, "removed": [], "queries": queries}


def shares(conversations, program):
    """Of each question the share of its evidence among the first so many, averaged over all questions."""
    answers = ask(program, [case_of(*conversation) for conversation in conversations])
    found, count = dict.fromkeys(PLACES, 0.0), 0
    for (_, questions), hits in zip(conversations, answers, strict=True):
        for (_, evidence), results in zip(questions, hits, strict=True):
            count += 1
            for place in PLACES:
                found[place] += len(evidence & {hit[0] for hit in results[:place]}) / len(evidence)
    return count, {place: found[place] / count for place in PLACES}


def generated():
    source = random.Random(18)
    people = ["Alice", "Bruno", "Chidi", "Dana", "Emeka", "Farah", "Goran", "Hana"]
    facts = [
        ("{who} moved to {what} last spring", "where did {who} move", ["Lisbon", "Graz", "Oslo", "Nairobi", "Quito", "Hanoi"]),
        ("{who} started learning the {what}", "which instrument is {who} learning", ["cello", "oboe", "harp", "banjo", "tuba", "lute"]),
        ("{who} is allergic to {what}", "what allergies does {who} have", ["peanuts", "shellfish", "pollen", "wool", "latex", "kiwis"]),
        ("{who} adopted a {what} from the shelter", "what kind of pet was adopted by {who}", ["beagle", "parrot", "tabby", "ferret", "tortoise"]),
        ("{who} works as a {what} these days", "what is the work of {who}", ["welder", "surgeon", "notary", "beekeeper", "surveyor"]),
        ("{who} is reading a book about {what}", "what does {who} read", ["volcanoes", "typography", "glaciers", "chess openings"]),
    ]
    small_talk = ["That sounds wonderful", "How was your week?", "It rained all day here", "We should meet soon", "Let me think about it", "I had no idea!",
                  "The train was late again", "Dinner was great, thank you", "See you on Thursday then", "Did you sleep well?"]  # fmt: skip
    conversations = []
    for _ in range(12):
        turns, questions = [], []
        for run in range(10):
            for _ in range(25):
                if source.random() < 0.25:
                    who, (fact, question, things) = source.choice(people), source.choice(facts)
                    turns.append((f"run{run}", fact.format(who=who, what=source.choice(things))))
                else:
                    turns.append((f"run{run}", f"{source.choice(people)}: {source.choice(small_talk)}"))
        for who in people:
            for fact, question, _ in facts:
                before, after = (part.strip() for part in fact.format(who=who, what="|").split("|"))
                evidence = {index for index, (_, text) in enumerate(turns) if text.startswith(before) and text.endswith(after)}
                if evidence:
                    questions.append((question.format(who=who), evidence))
        conversations.append((turns, questions))
    return conversations


def locomo(path):
    conversations = []
    for sample in json.load(open(path, encoding="utf-8")):
        turns, places = [], {}
        conversation = sample["conversation"]
        for number in range(1, 100):
            for turn in conversation.get(f"session_{number}", []):
                date = conversation.get(f"session_{number}_date_time", "")
                caption = f" ({turn['blip_caption']})" if turn.get("blip_caption") else ""
                places[turn["dia_id"]] = len(turns)
                turns.append((f"session_{number}", f"{turn['speaker']}, {date}: {turn['text']}{caption}"))
        questions = []
        for question in sample["qa"]:
            evidence = {places[name] for name in question.get("evidence", []) if name in places}
            if question.get("category") in (1, 2, 3, 4) and evidence:
                questions.append((question["question"], evidence))
        conversations.append((turns, questions))
    return conversations


def main(program, path=None):
    count, found = shares(locomo(path) if path else generated(), program)
    name = f"LoCoMo, {datetime.date.today()}" if path else "generated conversations"
    print(f"{name}, keywords alone, {count} questions: " + ", ".join(f"R@{place} {found[place]:.3f}" for place in PLACES))
    if not path:
        assert found[10] >= FLOOR, f"R@10 is {found[10]:.3f}, and has to be {FLOOR}"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
