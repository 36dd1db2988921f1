#!/usr/bin/env python3
"""Rows of harmless sets with a finding, by set and by rule, as Markdown.

    tests/benign_table.py DATA LOCKGATE [--rules DIR] [--quiet-sets]

DATA is a folder with the sets `clean_*`, `alpaca*`, `banking77`, `clinc150`,
`gsm8k` and `self_instruct` as `.jsonl` files with a member `text`. LOCKGATE is
the binary. Only the standard library is used, and no text of the sets is
printed.

Some harmless rows do hold a mail address or a phone number, which the rules are
there to find: the table by rule says what the findings are of.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

PATTERNS = ["clean_*.jsonl", "alpaca*.jsonl", "banking77.jsonl", "clinc150.jsonl", "gsm8k.jsonl", "self_instruct.jsonl"]

# How bad, in order.
SEVERITIES = ["low", "medium", "high", "critical"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("lockgate")
    parser.add_argument("--rules", metavar="DIR", help="screen with the rules of this folder")
    parser.add_argument("--quiet-sets", action="store_true", help="leave sets without a finding out of the table")
    args = parser.parse_args()
    paths = sorted({path for pattern in PATTERNS for path in args.data.glob(pattern)})
    if not paths:
        sys.exit(f"{args.data}: none of the harmless sets is there")
    command = [args.lockgate, "scan", *map(str, paths), "--field", "text", "--format", "jsonl", "--fail-on", "never"]
    if args.rules:
        command += ["--rules", args.rules]
    rows, medium, other, high, unjudged = Counter(), Counter(), Counter(), Counter(), Counter()
    rules, worst_of = Counter(), {}
    with subprocess.Popen(command, stdout=subprocess.PIPE) as scan:
        for line in scan.stdout:
            verdict = json.loads(line)
            name = Path(verdict["file"]).stem
            rows[name] += 1
            unjudged[name] += "unjudged" in verdict
            worst = max((SEVERITIES.index(f["severity"]) for f in verdict["findings"]), default=-1)
            medium[name] += worst >= 1
            high[name] += worst >= 2
            outside = [f for f in verdict["findings"] if not f["category"].startswith("pii/")]
            other[name] += any(SEVERITIES.index(f["severity"]) >= 1 for f in outside)
            for finding in {f["rule"]: f for f in verdict["findings"]}.values():
                rules[finding["rule"]] += 1
                worst_of[finding["rule"]] = finding["severity"]
    # 2 also stands for a row that could not be judged wholly: the table shows those.
    if scan.returncode not in (0, 2) or not rows:
        sys.exit(f"{args.lockgate} scan ended with {scan.returncode}")

    print("| set | rows | medium or above | | of it not personal data | high or above | | unjudged |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")

    def tell(name, of, some, strange, bad, cut):
        print(f"| {name} | {of} | {some} | {100 * some / of:.2f} % | {strange} | {bad} | {100 * bad / of:.3f} % | {cut} |")

    for name in sorted(rows):
        if medium[name] or unjudged[name] or not args.quiet_sets:
            tell(name, rows[name], medium[name], other[name], high[name], unjudged[name])
    tell("**all**", rows.total(), medium.total(), other.total(), high.total(), unjudged.total())
    print("\n| rule | severity | rows |")
    print("|---|---|--:|")
    for rule, count in rules.most_common():
        print(f"| {rule} | {worst_of[rule]} | {count} |")


if __name__ == "__main__":
    main()
