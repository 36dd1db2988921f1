#!/usr/bin/env python3
"""Recall and precision by type on labelled sets of personal data, as Markdown.

    tests/pii_table.py DATA LOCKGATE [--rules DIR]

DATA is a folder with `pii/synth_dev_en.jsonl` and `pii/synth_dev_zh.jsonl`: one
object a line with `text` and `spans` (`start`, `end` in code points, `type`).
LOCKGATE is the binary. Only the standard library is used, and no text of the
sets is printed.

A span is found if one finding of its type covers at least half of it. A finding
is right if it covers at least half of a span of its type. Findings whose spans
overlap count once for precision, and are counted as doubles where they do.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

# Which spans a finding of a category may stand for. The longest prefix decides.
# A Chinese bank card is a card to the rules and an account to the labels.
TYPES = {
    "pii/contact/email": {"EMAIL"},
    "pii/contact/phone": {"PHONE"},
    "pii/date": {"DATE"},
    "pii/financial/bank-account": {"BANK_ACCOUNT"},
    "pii/financial/crypto-address": {"CRYPTO"},
    "pii/financial/iban": {"IBAN"},
    "pii/financial/payment-card": {"CREDIT_CARD", "BANK_ACCOUNT"},
    "pii/government-id/cn-resident-id": {"CN_ID"},
    "pii/government-id/passport": {"PASSPORT"},
    "pii/government-id/us-ssn": {"US_SSN"},
    "pii/network/ip": {"IP"},
    "pii/network/mac": {"MAC"},
    "pii/network/url": {"URL"},
    "pii/vehicle/licence-plate": {"LICENSE_PLATE"},
}

SETS = ["synth_dev_en", "synth_dev_zh"]


def types_of(category):
    """The types that a finding of this category may stand for."""
    while category:
        if category in TYPES:
            return TYPES[category]
        category = category.rpartition("/")[0]
    return set()


def covered(span, finding):
    """The share of the span that the finding covers."""
    common = min(span["end"], finding["end"]) - max(span["start"], finding["start"])
    return common / (span["end"] - span["start"])


def scan(lockgate, path, rules):
    """The verdicts of the rows, in their order."""
    command = [lockgate, "scan", str(path), "--field", "text", "--format", "jsonl", "--fail-on", "never"]
    if rules:
        command += ["--rules", rules]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(rows, verdicts):
    """Counts by type: spans, found, findings, right, doubles."""
    spans, found, findings, right, doubles = Counter(), Counter(), Counter(), Counter(), Counter()
    for row, verdict in zip(rows, verdicts, strict=True):
        mine = [f for f in verdict["findings"] if types_of(f["category"])]
        for span in row["spans"]:
            spans[span["type"]] += 1
            fits = [f for f in mine if span["type"] in types_of(f["category"])]
            if any(covered(span, f) >= 0.5 for f in fits):
                found[span["type"]] += 1
        mine.sort(key=lambda f: (f["start"], -f["end"]))
        seen = {}
        for finding in mine:
            accepted = types_of(finding["category"])
            hit = [s for s in row["spans"] if s["type"] in accepted and covered(s, finding) >= 0.5]
            # A finding that is wrong goes to the first type that it claims.
            kind = hit[0]["type"] if hit else sorted(accepted)[-1]
            if seen.get(kind, -1) > finding["start"]:
                doubles[kind] += 1
                continue
            seen[kind] = finding["end"]
            findings[kind] += 1
            right[kind] += bool(hit)
    return spans, found, findings, right, doubles


def share(part, whole):
    """A share with one decimal, or a dash where there is nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("lockgate")
    parser.add_argument("--rules", metavar="DIR", help="screen with the rules of this folder")
    args = parser.parse_args()
    for name in SETS:
        path = args.data / "pii" / f"{name}.jsonl"
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        spans, found, findings, right, doubles = measure(rows, scan(args.lockgate, path, args.rules))
        print(f"### {name}: {len(rows)} rows\n")
        print("| type | spans | found | recall | findings | right | precision | doubles |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        claimed = set().union(*TYPES.values())
        for kind in sorted(claimed & (set(spans) | set(findings)), key=lambda k: (-spans[k], k)):
            print(
                f"| {kind} | {spans[kind]} | {found[kind]} | {share(found[kind], spans[kind])}"
                f" | {findings[kind]} | {right[kind]} | {share(right[kind], findings[kind])} | {doubles[kind]} |"
            )
        left = ", ".join(f"{kind} {count}" for kind, count in spans.most_common() if kind not in claimed)
        print(f"\nNot for rules (names and free text have no form): {left}.\n")


if __name__ == "__main__":
    main()
