#!/usr/bin/env bash
# Stops the cloud in STATE; with a word more, forgets it too.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
STATE=${STATE:-.cloud}

if [ ! -d "$STATE" ]; then
  echo "There is no cloud in $STATE."
  exit
fi
if [ ! -e "$STATE/openrc" ] && [ -n "$(ls -A "$STATE")" ]; then
  fail "$STATE holds no cloud (it has no openrc), so nothing was touched: name the cloud's folder with STATE=DIR."
fi
if [ -e "$STATE/openrc" ]; then
  [ -x bin/novalet ] || { need_go && step "Building bin/novalet" make -s build; } || fail "bin/novalet cannot be built, and it is what stops the cloud."
  bin/novalet down --state "$STATE" ${1:+--forget}
fi
