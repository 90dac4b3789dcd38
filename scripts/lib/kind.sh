# shellcheck shell=bash
# kind, in the one version that stateproof is tested with: on PATH, or built into the cache.

KIND_VERSION=v0.33.0

kind_ready() {
  local candidate
  for candidate in "$(command -v kind)" "$CACHE/bin/kind"; do
    if [ -x "$candidate" ] && [[ $("$candidate" version) == "kind $KIND_VERSION "* ]]; then return 0; fi
  done
  return 1
}

kind_install() {
  command -v go >/dev/null ||
    fail "please install kind $KIND_VERSION, or Go, with which set-up builds it"
  step "building kind $KIND_VERSION"
  GOBIN=$CACHE/work/kind go install "sigs.k8s.io/kind@$KIND_VERSION"
  mv "$CACHE/work/kind/kind" "$CACHE/bin/kind"
}
