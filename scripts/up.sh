#!/usr/bin/env bash
# A cloud from a fresh checkout: build, start, boot a server, look at it. Safe
# to run again: what is there already is kept and named.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

STATE=${STATE:-.cloud} LISTEN=${LISTEN:-127.0.0.1:5000} DRIVER=${DRIVER:-auto} ACCEL=${ACCEL:-auto}
SERVER=vm1
BANNER='novalet guest login:'

have_qemu() { command -v qemu-system-x86_64 > /dev/null && command -v qemu-img > /dev/null; }

install_qemu() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=300 update &&
    apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends qemu-system-x86 qemu-utils
}

# get_qemu makes QEMU be there or settles for the simulated driver.
get_qemu() {
  if have_qemu; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    if step "Installing QEMU" install_qemu && have_qemu; then return; fi
  fi
  if [ "$DRIVER" = qemu ]; then
    fail "QEMU is not installed: install qemu-system-x86 and qemu-utils (as root: apt-get install qemu-system-x86 qemu-utils), then run this again."
  fi
  DRIVER=fake
  echo "  QEMU is not installed, so servers are simulated; for real ones: sudo apt-get install qemu-system-x86 qemu-utils, make clean-cloud up"
}

# show COMMAND...: say it as a person would type it, then run it.
show() {
  printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@"
}

# console waits for the guest's login banner and shows the end of the log.
console() {
  local deadline=$((SECONDS + 180))
  until nova console-log "$SERVER" 2> /dev/null | grep -q "$BANNER"; do
    if ((SECONDS > deadline)); then
      fail "$SERVER has not shown its login banner within 180 s: look at nova console-log $SERVER and at the log in $STATE."
    fi
    sleep 0.5
  done
  show nova console-log --length 12 "$SERVER"
}

need_go
[ "$DRIVER" = fake ] || get_qemu
step "Building bin/nova, bin/openstack, bin/novalet" make -s build || fail "The build failed: the lines above say why."
step "Building the guest" make -s guest || fail "The guest could not be built: the lines above say why."
bin/novalet up --detach --state "$STATE" --listen "$LISTEN" --driver "$DRIVER" --accel "$ACCEL" || exit 1

for name in $(compgen -e OS_); do unset "$name"; done
# shellcheck source=/dev/null
. "$STATE/openrc"
PATH="$PWD/bin:$PATH"

show nova flavor-list
if found=$(nova show --minimal "$SERVER" 2> /dev/null); then
  printf '\n%s is there already, so no other is booted.\n' "$SERVER"
  if [[ $found == *'| SHUTOFF '* ]]; then show nova start "$SERVER"; fi
else
  show nova boot --flavor m1.tiny --image guest --nic auto --poll "$SERVER"
fi
show nova list
if [ "$DRIVER" = fake ]; then show nova console-log "$SERVER"; else console; fi

cat << NEXT

${green}The cloud is up.${plain} To use it:
  . $STATE/openrc && export PATH=$PWD/bin:\$PATH
  nova help
It stops with make down; make clean-cloud forgets it.
NEXT
