# shellcheck shell=bash
# The Docker engine: use the one that answers, or install and start Debian's.

# Debian's packages that an engine for kind takes.
ENGINE_PACKAGES=(docker.io containerd runc iptables iproute2 jq)

docker_answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# Whether the engine can be installed here, without asking anybody.
debian_root() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
    grep --quiet --extended-regexp '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release
}

# Installs those of the named Debian packages that are not there yet.
install_packages() {
  local package missing=()
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
      grep --quiet --line-regexp installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  debian_root || fail "please install ${missing[*]} (set-up does so by itself only as root on Debian or Ubuntu)"
  step "installing ${missing[*]}"
  # A second set-up, or the system's own upgrades, may hold dpkg's lock for a while.
  local apt=(apt-get --quiet --yes --option DPkg::Lock::Timeout=300)
  [ -f "$CACHE/work/apt-updated" ] || { "${apt[@]}" update && touch "$CACHE/work/apt-updated"; }
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

# Prints 'yes' where the kernel knows capabilities that this machine's bounding set lacks.
lacks_capabilities() {
  local key value all=$(((1 << ($(</proc/sys/kernel/cap_last_cap) + 1)) - 1))
  while read -r key value; do
    [ "$key" != CapBnd: ] || [ $((16#$value & all)) = "$all" ] || echo yes
  done </proc/self/status
}

# The engine's configuration: the system's own, and runc-bounded where privileged containers could
# not start without it. It is written to the cache, so nothing of the system's is altered.
engine_configuration() {
  local system='{}' bounded='.' version
  [ ! -s /etc/docker/daemon.json ] || system=$(</etc/docker/daemon.json)
  version=$(dockerd --version | sed --regexp-extended 's/^Docker version ([0-9]+).*/\1/')
  if [ "$(lacks_capabilities)" = yes ] && [ "$version" -lt 23 ]; then
    install -D "$ROOT/scripts/lib/runc-bounded" "$CACHE/bin/runc-bounded"
    # shellcheck disable=SC2016 # the variable is jq's
    bounded='."default-runtime" = "bounded" | .runtimes.bounded.path = $path'
  fi
  jq --arg path "$CACHE/bin/runc-bounded" "$bounded" <<<"$system"
}

# Every node takes some twenty of root's inotify instances, and the kernel's 128 are those of five or
# six nodes (kind's "Known issues": pod errors due to "too many open files"). Raised until the next
# reboot where set-up may, and starts the engine.
ample_inotify() {
  local limit=/proc/sys/fs/inotify/max_user_instances
  if [ "$(<"$limit")" -lt 512 ] && [ -w "$limit" ]; then
    step 'raising fs.inotify.max_user_instances to 512'
    echo 512 >"$limit" || step 'it stays as it is: few nodes may run side by side'
  fi
}

docker_engine() {
  if ! command -v dockerd >/dev/null; then
    debian_root || fail 'the Docker engine does not answer: please install and start Docker, version 20.10 or later'
    install_packages "${ENGINE_PACKAGES[@]}"
  elif [ "$(id -u)" != 0 ]; then
    fail "the Docker engine does not answer: please start it, and see that $(id -un) may use it"
  fi
  ample_inotify
  step 'starting the engine'
  # Where services are managed, the engine is one of them.
  if [ -d /run/systemd/system ]; then
    systemctl start docker
    docker_answers || fail 'the Docker engine was started, but does not answer; see what docker version says'
    return
  fi
  engine_configuration >"$CACHE/daemon.json"
  local log=$CACHE/log/dockerd.log
  # Detached and without the lock's descriptor: the engine outlives set-up.
  setsid dockerd --config-file "$CACHE/daemon.json" >"$log" 2>&1 </dev/null 9>&- &
  local engine=$! tries
  for ((tries = 0; tries < 300; tries++)); do
    docker_answers && return 0
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.2
  done
  tail --lines=20 "$log"
  fail "the Docker engine did not start; its log is $log"
}
