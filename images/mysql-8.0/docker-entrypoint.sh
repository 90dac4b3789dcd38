#!/bin/bash
# Starts MySQL, and makes the database first where there is none: what the upstream image promises
# its users under the same variables, written anew.
set -euo pipefail
shopt -s nullglob dotglob
# shellcheck source=SCRIPTDIR/entrypoint.sh
source /usr/local/lib/entrypoint.sh

# Whether these arguments start the server, rather than ask it for its version or the like.
starts_server() {
  local argument
  [ "$1" = mysqld ] || return 1
  for argument in "$@"; do
    case $argument in
      -\? | --help | --print-defaults | -V | --version | --initialize | --initialize-insecure) return 1 ;;
    esac
  done
}

# What the server makes of its files and arguments: a line for each option, and its value.
read_configuration() {
  local word value
  configuration=$("$@" --verbose --help 2>&1) || die "the server refuses its configuration: $configuration"
  while read -r word value; do
    case $word in
      datadir) DATADIR=${value%/} ;;
      socket) SOCKET=$value ;;
    esac
  done <<<"$configuration"
}

read_settings() {
  setting MYSQL_ROOT_PASSWORD
  setting MYSQL_ROOT_HOST %
  setting MYSQL_DATABASE
  setting MYSQL_USER
  setting MYSQL_PASSWORD
  if [ -z "$MYSQL_ROOT_PASSWORD" ] && [ -z "${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ] &&
    [ -z "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
    die 'the database is not initialised and root has no password: set MYSQL_ROOT_PASSWORD,' \
      'MYSQL_ALLOW_EMPTY_PASSWORD or MYSQL_RANDOM_ROOT_PASSWORD'
  fi
  [ "$MYSQL_USER" != root ] || die 'MYSQL_USER is "root", whom MYSQL_ROOT_PASSWORD is for'
  [ -z "$MYSQL_USER" ] || [ -n "$MYSQL_PASSWORD" ] || die "MYSQL_USER is set, but MYSQL_PASSWORD is not"
  if [ -n "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
    MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
    say "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
}

check() {
  read_settings
  local entry
  # MySQL overlooks these in a directory that it is to initialise; anything else it refuses, in its
  # own words, and does not write to.
  for entry in "$DATADIR"/*; do
    case ${entry##*/} in
      .* | lost+found) ;;
      *) exec mysqld --initialize-insecure --datadir="$DATADIR" ;;
    esac
  done
}

# quoted TEXT: as a string in SQL.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# identifier NAME: as a name in SQL.
identifier() {
  local quote='`'
  echo "$quote${1//$quote/$quote$quote}$quote"
}

# The accounts and the database, as SQL. Whoever this server is replicated to makes its own.
accounts() {
  local root user
  root=$(quoted "$MYSQL_ROOT_PASSWORD")
  echo "SET SESSION sql_mode = '', SESSION sql_log_bin = 0;"
  echo "ALTER USER root@localhost IDENTIFIED BY $root;"
  if [ "$MYSQL_ROOT_HOST" != localhost ]; then
    echo "CREATE USER root@$(quoted "$MYSQL_ROOT_HOST") IDENTIFIED BY $root;"
    echo "GRANT ALL ON *.* TO root@$(quoted "$MYSQL_ROOT_HOST") WITH GRANT OPTION;"
  fi
  [ -z "$MYSQL_DATABASE" ] || echo "CREATE DATABASE IF NOT EXISTS $(identifier "$MYSQL_DATABASE");"
  if [ -n "$MYSQL_USER" ]; then
    user="$(quoted "$MYSQL_USER")@'%'"
    echo "CREATE USER $user IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    # Here, unlike elsewhere, an underscore in a database's name stands for any character.
    [ -z "$MYSQL_DATABASE" ] || echo "GRANT ALL ON $(identifier "${MYSQL_DATABASE//_/\\_}").* TO $user;"
  fi
}

# as_root PROGRAM ARGUMENT…: a client of the server that initialises the database. The password is
# not on its command line, where everybody could read it.
as_root() {
  local program=$1 password=${MYSQL_ROOT_PASSWORD//\\/\\\\}
  shift
  "$program" --defaults-extra-file=<(printf '[client]\npassword="%s"\n' "${password//\"/\\\"}") \
    --user=root --socket="$SOCKET" "$@"
}

run_scripts() {
  local script sql=(as_root mysql --comments)
  [ -z "$MYSQL_DATABASE" ] || sql+=("--database=$MYSQL_DATABASE")
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh)
        say "running $script"
        # Upstream reads those that are not executable into its own shell.
        # shellcheck disable=SC1090
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
        ;;
      *.sql) say "running $script" && "${sql[@]}" <"$script" ;;
      *.sql.gz) say "running $script" && gunzip -c "$script" | "${sql[@]}" ;;
      *) say "ignoring $script" ;;
    esac
  done
}

# initialise DIRECTORY, by the server with its own arguments: a server that listens on the Unix
# socket only, where `mysqladmin ping` succeeds already, as it does upstream.
initialise() {
  local directory=$1
  # Of a server that was killed. It names a process that may be another one by now, and nobody else
  # listens there.
  rm -f "$SOCKET" "$SOCKET.lock"
  "${SERVER[@]}" --initialize-insecure --datadir="$directory"
  "${SERVER[@]}" --datadir="$directory" --daemonize --skip-networking --mysqlx=OFF \
    --socket="$SOCKET" --pid-file="$directory/first-init.pid"
  accounts | mysql --no-defaults --user=root --socket="$SOCKET" --default-character-set=utf8mb4
  run_scripts
  as_root mysqladmin shutdown
}

[ "${1#-}" = "${1:-}" ] || set -- mysqld "$@"
starts_server "$@" || exec "$@"

read_configuration "$@"
if [ "$EUID" = 0 ]; then
  mkdir -p "$DATADIR" /var/run/mysqld
  find "$DATADIR" /var/run/mysqld ! -user mysql -exec chown mysql:mysql {} +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

SERVER=("$@")
[ -d "$DATADIR/mysql" ] || first_initialisation "$DATADIR" mysql
# The server needs to know no passwords.
unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
exec "$@"
