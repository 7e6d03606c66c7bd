#!/usr/bin/env bash
# Runs test/interop on the clouds that NOVALET_INTEROP_OPENRC names or, when it
# is unset, on a cloud with the simulated driver that is started for it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need_go
GO=${GO:-go}

if [ -z "${NOVALET_INTEROP_OPENRC:-}" ]; then
  state=$(mktemp -d)
  trap 'bin/novalet down --state "$state" --forget > /dev/null || true' EXIT
  bin/novalet up --detach --state "$state" --listen "127.0.0.1:$(free_port)" --driver fake \
    --quota instances=100 --quota cores=100 --quota ram=512000 \
    --faults "spawn delay=700ms" # so that a server is still being built when boot asks for it again
  export NOVALET_INTEROP_OPENRC=$state/openrc
fi
"$GO" test -count=1 -timeout 25m ${VERBOSE:+-v} ./test/interop
