# shellcheck shell=bash
# What the stand-ins for PostgreSQL share.

# postgres_load ROOT ID BIN SERVER: finishes a root that has the programs in BIN, for the user with
# that number, and hands it to Docker. SERVER is what the server says of its version.
postgres_load() {
  local root=$1 id=$2 bin=$3 server=$4 client version
  version=$(sed --regexp-extended 's/^[^0-9]*([0-9.]+).*/\1/' <<<"$server")
  install --directory --owner="$id" --group="$id" --mode=1777 \
    "$root/var/lib/postgresql" "$root/var/lib/postgresql/data"
  install --directory --owner="$id" --group="$id" --mode=3775 "$root/run/postgresql"
  mkdir "$root/docker-entrypoint-initdb.d"
  install docker-entrypoint.sh "$root/usr/local/bin"
  install --mode=644 entrypoint.sh "$root/usr/local/lib"
  pack "$root"
  client=$(chroot "$root" "$bin/psql" --version)
  load "$WORK/layer.tar" "$server, $client" "$(jq --null-input --arg version "$version" --arg bin "$bin" '{
    Entrypoint: ["docker-entrypoint.sh"],
    Cmd: ["postgres"],
    StopSignal: "SIGINT",
    ExposedPorts: {"5432/tcp": {}},
    Volumes: {"/var/lib/postgresql/data": {}},
    Env: [
      "PATH=\($bin):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8", "PG_MAJOR=" + ($version | split(".")[0]), "PG_VERSION=" + $version,
      "PGDATA=/var/lib/postgresql/data"
    ]
  }')"
}
