#!/bin/bash
# Starts MongoDB, and makes its first user and runs its scripts first where it is told to and there
# is no database yet: what the upstream image promises its users, written anew.
set -euo pipefail
shopt -s nullglob dotglob
# shellcheck source=SCRIPTDIR/entrypoint.sh
source /usr/local/lib/entrypoint.sh

# Whether these arguments start the server, rather than ask it for its version or the like.
starts_server() {
  local argument
  [ "$1" = mongod ] || return 1
  for argument in "$@"; do
    case $argument in
      -h | --help | --version | --sysinfo | --shutdown) return 1 ;;
    esac
  done
}

# option NAME…: the value that the server's arguments give an option, under any of its names.
option() {
  local name index word found=''
  for name in "$@"; do
    for ((index = 1; index < ${#SERVER[@]}; index++)); do
      word=${SERVER[index]}
      case $word in
        "$name") found=${SERVER[index + 1]:-} ;;
        "$name="*) found=${word#*=} ;;
      esac
    done
  done
  printf '%s' "$found"
}

# configured FIELD: what the server's configuration file says, if there is one.
configured() {
  local file
  file=$(option --config -f)
  [ -z "$file" ] || sed -n -E "s/^[[:space:]]*$1:[[:space:]]*[\"']?([^\"'#]*[^\"'#[:space:]]).*/\1/p" "$file"
}

read_settings() {
  setting MONGO_INITDB_ROOT_USERNAME
  setting MONGO_INITDB_ROOT_PASSWORD
  if [ -z "$MONGO_INITDB_ROOT_USERNAME" ] && [ -n "$MONGO_INITDB_ROOT_PASSWORD" ] ||
    [ -n "$MONGO_INITDB_ROOT_USERNAME" ] && [ -z "$MONGO_INITDB_ROOT_PASSWORD" ]; then
    die 'of MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD only one is set: set both or none'
  fi
}

# Whatever else is in the directory, mongod overlooks.
check() {
  say 'initialising the database'
}

# initialise DIRECTORY, by a server that lets everybody in, on the loopback address only.
initialise() {
  local directory=$1 server scratch argument keep=no
  mkdir -p "$directory"
  scratch=$(mktemp -d)
  server=(mongod --dbpath "$directory" --bind_ip 127.0.0.1 --port "$port")
  # Of the arguments those that say what the files look like.
  for argument in "${SERVER[@]:1}"; do
    case $argument in
      --directoryperdb | --storageEngine* | --wiredTiger*) keep=yes ;;
      -*) keep=no ;;
    esac
    [ "$keep" = no ] || server+=("$argument")
  done
  "${server[@]}" --fork --logpath "$scratch/log" --pidfilepath "$scratch/pid" >/dev/null ||
    { cat "$scratch/log" && die 'the server that was to initialise the database did not start'; }
  if [ -n "$MONGO_INITDB_ROOT_USERNAME" ]; then
    # By way of the environment, where nothing need be quoted.
    mongo --quiet --port "$port" admin --eval 'db.createUser({
      user: process.env.MONGO_INITDB_ROOT_USERNAME,
      pwd: process.env.MONGO_INITDB_ROOT_PASSWORD,
      roles: [{role: "root", db: "admin"}]
    })' >/dev/null
  fi
  run_scripts
  "${server[@]}" --shutdown >/dev/null
  rm -r "$scratch"
}

run_scripts() {
  local script
  export MONGO_INITDB_DATABASE=${MONGO_INITDB_DATABASE:-test}
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh)
        say "running $script"
        # shellcheck disable=SC1090 # upstream reads it into its own shell, too
        . "$script"
        ;;
      *.js) say "running $script" && mongo --quiet --port "$port" "$MONGO_INITDB_DATABASE" "$script" ;;
      *) say "ignoring $script" ;;
    esac
  done
}

[ "${1#-}" = "${1:-}" ] || set -- mongod "$@"
starts_server "$@" || exec "$@"

SERVER=("$@")
directory=$(option --dbpath)
: "${directory:=$(configured dbPath)}"
: "${directory:=/data/db}"
if [ "$EUID" = 0 ]; then
  mkdir -p "$directory"
  find "$directory" /data/configdb ! -user mongodb -exec chown mongodb:mongodb {} +
  exec setpriv --reuid=mongodb --regid=mongodb --init-groups "$0" "$@"
fi

read_settings
if [ ! -e "$directory/WiredTiger" ]; then
  port=$(option --port)
  : "${port:=27017}"
  scripts=(/docker-entrypoint-initdb.d/*)
  if [ -n "$MONGO_INITDB_ROOT_USERNAME" ] || [ ${#scripts[@]} -gt 0 ] || [ -d "$directory/first-init-complete" ]; then
    first_initialisation "$directory" WiredTiger
  fi
fi
# Upstream, too, asks for passwords as soon as there is one, and listens on all addresses unless it
# is told otherwise.
[ -z "$MONGO_INITDB_ROOT_USERNAME" ] || [[ " $* " == *' --auth '* ]] || set -- "$@" --auth
[[ " $*" == *' --bind_ip'* ]] || [ -n "$(configured 'bindIp(All)?')" ] || set -- "$@" --bind_ip_all
# The server needs to know no passwords.
unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD
exec "$@"
