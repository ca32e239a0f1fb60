#!/usr/bin/env bash
# MNN 3.6.1 (checked 2026-11-29): the command mnnconvert installs a package with whatever pip is first
# on the PATH.
#
# Seen: before it converts, the Python wrapper imports a logger that reports usage to a service of the
# maker, and where its client is missing it runs "pip install -U aliyun-log-python-sdk". That is not
# the pip of the interpreter that runs: called as venv/bin/mnnconvert, it changes the system's Python,
# and brings in or replaces protobuf and other dependencies there. "import MNN" does none of it.
#
# Why it matters: a conversion step in a build image or on a developer's machine changes installed
# packages (protobuf is what TensorFlow and ONNX share), needs a network, and is not repeatable.
#
# Remedy: call the converter's function (import MNN, _tools; _tools.mnnconvert([...])), or run the command
# where pip is not on the PATH.
#
# Below a stand-in for pip only notes what it is asked, and nothing is installed or sent.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 MNN==3.6.1

cd "$tmp"
mkdir stand-in
printf '#!/bin/sh\necho "pip $*" >>"%s"\n' "$tmp/asked" >stand-in/pip
chmod +x stand-in/pip
export PATH="$tmp/stand-in:$PATH"

touch asked
venv/bin/python -c 'import MNN, _tools' >/dev/null
library=$(cat asked)
venv/bin/mnnconvert --version >/dev/null 2>&1 || true
command=$(sort -u asked)
echo "import MNN asked for: ${library:-nothing}"
echo "venv/bin/mnnconvert --version asked for: ${command:-nothing}"
[ -z "$library" ] && [ "$command" = "pip install -U aliyun-log-python-sdk" ] || {
    echo "changed: the command alone was expected to call pip" >&2
    exit 1
}
