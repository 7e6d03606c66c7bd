#!/usr/bin/env bash
# What must hold of the source before it is submitted.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need_go
GO=${GO:-go}

# shellcheck disable=SC2317 # step calls it
formatted() {
  local files
  files=$($GO tool gofumpt -l .) || return 1
  [ -z "$files" ] || { printf '%s\n' "$files" "Run: go tool gofumpt -l -w ."; return 1; }
}

bad=0
step "gofumpt" formatted || bad=1
step "go vet" "$GO" vet ./... || bad=1
step "staticcheck" "$GO" tool staticcheck ./... || bad=1
step "import rules and file sizes (test/arch)" "$GO" test -count=1 ./test/arch || bad=1
exit "$bad"
