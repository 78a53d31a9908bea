#!/usr/bin/env bash
# Builds kube-apiserver from Debian's source package of Kubernetes, which carries its vendored modules: no module is
# downloaded. Once, about five minutes on two cores; the binary stays in the cache folder and later runs find it there.
# The machine's own package sources are read, never changed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

target="$KUBE_APISERVER_DIR/kube-apiserver"

mkdir -p "$KUBE_APISERVER_DIR"
exec 8>"$KUBE_APISERVER_DIR/.lock"
if ! flock -n 8; then
  say "another run builds kube-apiserver: waiting for it"
  flock 8
fi

if [ -x "$target" ]; then
  say "kube-apiserver is in the cache: $target"
  exit 0
fi

codename="$(debian_codename)"
if ! can_install_packages || [ "$codename" != bookworm ]; then
  say "kube-apiserver can be built only on Debian 12 as root"
  exit 1
fi

scratch="$(mktemp -d "$KUBE_APISERVER_DIR/build.XXXXXX")"
trap 'chmod -R u+w "$scratch" 2>/dev/null || true; rm -rf "$scratch"' EXIT
log="$KUBE_APISERVER_DIR/build.log"
: > "$log"

# Runs one step with its output in the log; says how long it took, and shows the end of the log when it fails.
step() {
  local title="$1" started=$SECONDS
  shift
  say "kube-apiserver: $title"
  if ! "$@" >>"$log" 2>&1; then
    say "kube-apiserver: failed while: $title. The last lines of $log:"
    tail -n 40 "$log"
    exit 1
  fi
  say "kube-apiserver: $title: $((SECONDS - started)) s"
}

# The machine's Debian entries, once more as source entries, with package lists in the scratch folder.
source_lists() {
  mkdir -p "$scratch/sources.list.d" "$scratch/lists/partial"
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -e "$file" ] && grep -Eq "^Suites:(.*[[:space:]])?$codename([[:space:]-]|\$)" "$file"; then
      sed -E 's/^Types:.*/Types: deb-src/' "$file" > "$scratch/sources.list.d/$(basename "$file")"
    fi
  done
  if [ -e /etc/apt/sources.list ]; then
    sed -nE "s/^deb([[:space:]].*[[:space:]]$codename([[:space:]-].*)?)\$/deb-src\1/p" /etc/apt/sources.list > "$scratch/sources.list"
  else
    : > "$scratch/sources.list"
  fi
  chmod -R a+rX "$scratch"
}

apt_source() {
  apt-get -q -o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts="$scratch/sources.list.d" \
    -o Dir::State::Lists="$scratch/lists" -o APT::Sandbox::User=root "$@"
}

fetch_source() {
  mkdir -p "$scratch/src"
  cd "$scratch/src"
  apt_source source kubernetes
}

# The vendored reflect2 reads the runtime's map iterator by its old layout and crashes with Go 1.18 and later.
replace_reflect2() {
  rm -rf vendor/github.com/modern-go/reflect2
  cp -r /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2
}

# A line every half minute: a build of minutes without one looks hung.
build() {
  export GOCACHE="$scratch/gocache" GOPATH="$scratch/gopath" GOTMPDIR="$scratch/gotmp" GOPROXY=off GOTOOLCHAIN=local
  mkdir -p "$GOCACHE" "$GOPATH" "$GOTMPDIR"
  make WHAT=cmd/kube-apiserver GOFLAGS=-mod=vendor GO111MODULE=off \
    KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=x KUBE_GIT_TREE_STATE=clean
}

needed=()
for package in golang-go jq rsync dpkg-dev golang-github-modern-go-reflect2-dev; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || needed+=("$package")
done
if [ "${#needed[@]}" -gt 0 ]; then
  apt_install "${needed[@]}"
fi

source_lists
step "reading the lists of source packages" apt_source update
step "fetching the source package" fetch_source
cd "$(find "$scratch/src" -mindepth 1 -maxdepth 1 -type d -name 'kubernetes-*' | head -n 1)"
step "replacing vendored reflect2" replace_reflect2

started=$SECONDS
(while sleep 30; do say "kube-apiserver: compiling, $((SECONDS - started)) s so far (about five minutes on two cores)"; done) &
ticker=$!
trap 'kill "$ticker" 2>/dev/null || true; chmod -R u+w "$scratch" 2>/dev/null || true; rm -rf "$scratch"' EXIT
step "compiling" build
kill "$ticker" 2>/dev/null || true

binary="$(find _output/local/bin -type f -name kube-apiserver | head -n 1)"
"$binary" --version
install -m 755 "$binary" "$target.new"
mv "$target.new" "$target"
say "kube-apiserver: $target"
