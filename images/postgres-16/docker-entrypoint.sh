#!/bin/bash
# Starts PostgreSQL, and makes the database first where there is none: what the upstream image
# promises its users under the same variables, written anew.
set -euo pipefail
shopt -s nullglob dotglob
# shellcheck source=SCRIPTDIR/entrypoint.sh
source /usr/local/lib/entrypoint.sh

# Whether these arguments start the server, rather than ask it for its version or the like.
starts_server() {
  local argument
  [ "$1" = postgres ] || return 1
  for argument in "$@"; do
    case $argument in
      -\? | --help | --describe-config | -V | --version | -C | --single | --boot) return 1 ;;
    esac
  done
}

read_settings() {
  setting POSTGRES_PASSWORD
  setting POSTGRES_USER postgres
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS
  [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || die 'POSTGRES_INITDB_WALDIR is not supported by this stand-in'
  authentication=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$authentication" != trust ]; then
    die 'the database is not initialised and POSTGRES_PASSWORD is not set: set it to a non-empty' \
      'password for the superuser, or POSTGRES_HOST_AUTH_METHOD=trust to let everybody in'
  fi
}

# The programs want to know what their user is called, who may be anybody's number.
name_user() {
  ! grep -q "^[^:]*:[^:]*:$EUID:" /etc/passwd || return 0
  NSS_WRAPPER_PASSWD=$(mktemp)
  NSS_WRAPPER_GROUP=/etc/group
  echo "postgres:x:$EUID:$(id -g)::/var/lib/postgresql:/bin/false" >"$NSS_WRAPPER_PASSWD"
  export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP LD_PRELOAD=libnss_wrapper.so
}

create_cluster() {
  local arguments=(--pgdata="$PGDATA" --username="$POSTGRES_USER" --no-sync --no-instructions)
  [ -z "$POSTGRES_PASSWORD" ] || arguments+=(--pwfile=/dev/fd/3)
  # Split as a shell does, since that is how people quote in it. The password goes through a pipe.
  eval "arguments+=($POSTGRES_INITDB_ARGS)"
  initdb "${arguments[@]}" 3<<<"$POSTGRES_PASSWORD"
  printf '\nhost all all all %s\n' "$authentication" >>"$PGDATA/pg_hba.conf"
}

# In single-user mode, which is the cheapest, and listens nowhere. Nothing need reach the disk
# before all of it does, hence -F.
create_database() {
  [ "$POSTGRES_DB" != postgres ] || return 0
  postgres --single -F -D "$PGDATA" -c exit_on_error=true -c log_checkpoints=off postgres \
    <<<"CREATE DATABASE \"${POSTGRES_DB//\"/\"\"}\"" >/dev/null
}

run_scripts() {
  local scripts=(/docker-entrypoint-initdb.d/*) script
  [ ${#scripts[@]} -gt 0 ] || return 0
  # Of a server that was killed. It names a process that may be another one by now, and nobody else
  # listens there.
  rm -f "/var/run/postgresql/.s.PGSQL.${PGPORT:-5432}"{,.lock}
  # A server for the scripts alone: on the Unix socket only, so nobody takes it for the real one.
  PGUSER=$POSTGRES_USER pg_ctl --pgdata="$PGDATA" --wait --silent start \
    --options="-F -c listen_addresses='' -p ${PGPORT:-5432}"
  local sql=(env "PGPASSWORD=$POSTGRES_PASSWORD" PGHOST= PGHOSTADDR= psql --no-psqlrc --no-password
    --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB")
  for script in "${scripts[@]}"; do
    case $script in
      *.sh)
        say "running $script"
        # Upstream reads those that are not executable into its own shell.
        # shellcheck disable=SC1090
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
        ;;
      *.sql) say "running $script" && "${sql[@]}" --file="$script" ;;
      *.sql.gz) say "running $script" && gunzip -c "$script" | "${sql[@]}" ;;
      *) say "ignoring $script" ;;
    esac
  done
  PGUSER=$POSTGRES_USER pg_ctl --pgdata="$PGDATA" --wait --silent --mode=fast stop
}

check() {
  read_settings
  local present=("$PGDATA"/*)
  # A directory that is not empty, or not ours, is initdb's to refuse, in its own words.
  if [ ${#present[@]} -gt 0 ] || [ ! -O "$PGDATA" ]; then exec initdb --pgdata="$PGDATA"; fi
}

initialise() {
  export PGDATA=$1
  name_user
  create_cluster
  create_database
  run_scripts
  [ -z "${NSS_WRAPPER_PASSWD:-}" ] || rm "$NSS_WRAPPER_PASSWD"
}

[ "${1#-}" = "${1:-}" ] || set -- postgres "$@"
starts_server "$@" || exec "$@"

if [ "$EUID" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 0700 "$PGDATA"
  chmod 3775 /var/run/postgresql
  find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

mkdir -p "$PGDATA"
[ -s "$PGDATA/PG_VERSION" ] || first_initialisation "$PGDATA" PG_VERSION
# The server and those it starts need to know no passwords.
unset POSTGRES_PASSWORD
exec "$@"
