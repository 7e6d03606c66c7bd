# shellcheck shell=bash
# What the scripts here share: how they speak and how they fail.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# shellcheck disable=SC2034 # some of these only the scripts that read this use
if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi

# fail WHAT-AND-WHAT-NEXT
fail() {
  printf '%s%s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# step TITLE COMMAND...: run it quietly; a terminal sees time pass and the last
# line said, a log sees when it began. When it fails, all it said is shown, and step returns its code.
step() {
  local title=$1 log pid code=0 start=$SECONDS
  shift
  log=$(mktemp)
  "$@" > "$log" 2>&1 < /dev/null &
  pid=$!
  if [ -t 1 ]; then
    while kill -0 "$pid" 2> /dev/null; do
      printf '\r\e[K  %s %s%d s  %.60s%s' "$title" "$dim" $((SECONDS - start)) "$(tail -n 1 "$log" | tr -dc '[:print:]')" "$plain"
      sleep 0.2
    done
    printf '\r\e[K'
  else
    printf '  %s ...\n' "$title"
  fi
  wait "$pid" || code=$?
  if [ "$code" = 0 ]; then
    printf '  %s✓%s %s %s%d s%s\n' "$green" "$plain" "$title" "$dim" $((SECONDS - start)) "$plain"
  else
    printf '  %s✗%s %s\n' "$red" "$plain" "$title"
    sed 's/^/    /' "$log" >&2
  fi
  rm -f "$log"
  return "$code"
}

need_go() {
  command -v "${GO:-go}" > /dev/null || fail "Go is not installed: get Go $(awk '/^go /{print $2}' go.mod) or newer, put it in PATH, and run this again."
}

# free_port prints a port of this machine that nobody listens at.
free_port() {
  local port
  for _ in {1..50}; do
    port=$((20000 + RANDOM % 10000))
    if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
      echo "$port"
      return
    fi
  done
  fail "No free port found between 20000 and 29999."
}
