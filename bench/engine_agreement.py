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
    inputs, answers, deferred = load("inputs"), 0, 0
    built = options.built or project_build()
    for part in range(-(-options.count // SHARE)):
        questions = inputs.questions(options.seed + part, SHARE)
        said, needed_more = engine_answers(built, questions)
        for number, (ours, sure) in enumerate(zip(said, cpython_answers(questions), strict=True)):
            if ours != sure:
                raise SystemExit(
                    f"seed {options.seed + part}, question {number}: {ours!r} is not {sure!r}"
                )
        answers += len(said)
        deferred += needed_more
        engines = f"{deferred} of {part + 1} engines needed their second file"
        print(f"{answers:,} answers agree; {engines}", flush=True)
    if options.json:
        print(
            json.dumps(
                {
                    "answers": answers,
                    "different": 0,
                    "engines": part + 1,
                    "engines_deferred": deferred,
                }
            )
        )


if __name__ == "__main__":
    main()
