#!/bin/sh
# venv.sh PYTHON VENV - callfilter and its tools in a virtual environment of their own, at the exact versions of constraints.txt.
set -eu
python=$1
venv=$2
here=$(dirname "$0")
"$here/need.sh" "$python:python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "callfilter needs Python 3.11 or newer; '$python' is $("$python" -V). Try: make PYTHON=python3.12" >&2
    exit 1
}
# Debian's python3 comes without ensurepip; a venv made without it has no pip.
"$python" -c 'import ensurepip, venv' 2>/dev/null || "$here/need.sh" no-venv-module:python3-venv
[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || {
    echo "Making $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}
echo "Installing callfilter and its libraries into $venv with pip (versions from constraints.txt)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --use-pep517 --constraint constraints.txt --editable '.[dev]'
