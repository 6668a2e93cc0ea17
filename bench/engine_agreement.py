"""The shipped engine beside CPython over many questions: every byte of every answer."""

import argparse
import json
import sys
from pathlib import Path

from engine_files import REPOSITORY, project_build

sys.path.insert(0, str(REPOSITORY / "tests" / "engine"))

from agreement import cpython_answers, engine_answers, load

SHARE = 2000


def main() -> None:
    """Prints progress, then the count; ends badly at the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--built", type=Path, help="a built engine; without it the project's")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1_000)
    options = parser.parse_args()
    inputs = load("inputs")
    counted = {"answers": 0, "taken_over": 0, "refusals": 0, "refusals_taken_over": 0}
    built = options.built or project_build()
    for part in range(-(-options.count // SHARE)):
        asked = inputs.questions(options.seed + part, SHARE)
        both = list(zip(asked, cpython_answers(asked), strict=True))
        for kind, refused in (("answers", False), ("refusals", True)):
            share = [each for each in both if each[1].startswith(b"!") is refused]
            said, taken_over = engine_answers(built, [question for question, _ in share])
            for ours, (question, sure) in zip(said, share, strict=True):
                if ours != sure:
                    where = f"seed {options.seed + part}, question {asked.index(question)}"
                    raise SystemExit(f"{where}: {ours!r} is not {sure!r}")
            counted[kind] += len(share)
            counted["taken_over" if kind == "answers" else "refusals_taken_over"] += taken_over
        print(
            "{answers:,} answers and {refusals:,} refusals agree; the plain engine took over "
            "{taken_over} and {refusals_taken_over}".format(**counted),
            flush=True,
        )
    if options.json:
        print(json.dumps({**counted, "different": 0}))


if __name__ == "__main__":
    main()
