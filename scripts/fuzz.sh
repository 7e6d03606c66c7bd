#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME, one after the other, as Go does it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need_go
GO=${GO:-go} FUZZTIME=${FUZZTIME:-10s}

count=0 bad=0
while IFS=: read -r file target; do
  count=$((count + 1))
  step "$target in $(dirname "$file") for $FUZZTIME" \
    "$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" "./$(dirname "$file")" || bad=$((bad + 1))
done < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' api client cmd guest internal test | sed 's/func //' | sort)
echo "$count fuzz targets, $bad failed"
[ "$bad" = 0 ]
