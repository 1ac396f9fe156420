#!/bin/sh
# need.sh "COMMAND:PACKAGE ..." ... - makes sure that each command is there, and installs its Debian packages where it is not.
set -eu
missing=""
for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "callfilter needs$missing: run 'apt-get install$missing' as root, then try again." >&2; exit 1; }
    as_root="sudo"
fi
echo "Installing with apt:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
