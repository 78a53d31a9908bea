# Shared by the provisioning scripts: where things are kept, how they speak, how packages are installed.
# Sourced, never run.

MESHCONSOLE_CACHE="${MESHCONSOLE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/meshconsole}"

# The newest Kubernetes that Debian 12 carries in source form. Part of the path, so that another version gets another folder.
KUBE_APISERVER_VERSION=1.20
KUBE_APISERVER_DIR="$MESHCONSOLE_CACHE/kubernetes-$KUBE_APISERVER_VERSION"

say() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*"; }

have() { command -v "$1" >/dev/null 2>&1; }

first_existing() {
  local candidate
  for candidate in "$@"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# Where the tests look, in the same order: the two must not differ (tests/MeshConsole.Testing/RealServices/ToolLocator.cs).
find_kube_apiserver() {
  first_existing "${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/kube-apiserver}" "$KUBE_APISERVER_DIR/kube-apiserver" "$(command -v kube-apiserver || true)"
}

find_etcd() {
  first_existing "${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/etcd}" "$KUBE_APISERVER_DIR/etcd" "$(command -v etcd || true)"
}

find_chromium() {
  first_existing "${MESHCONSOLE_CHROMIUM:-}" "$(command -v chromium || true)" "$(command -v chromium-browser || true)" "$(command -v google-chrome || true)"
}

find_prometheus() {
  first_existing "${MESHCONSOLE_PROMETHEUS:-}" "$(command -v prometheus || true)"
}

# Debian keeps the server off PATH. The newest version first.
find_postgres() {
  first_existing "${MESHCONSOLE_POSTGRES:-}" $(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -r) "$(command -v postgres || true)"
}

debian_codename() {
  (. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-}")
}

can_install_packages() {
  [ "$(id -u)" = 0 ] && have apt-get && [ -r /etc/os-release ] && grep -q '^ID=debian' /etc/os-release
}

# Debian's package makes a cluster and starts it unless it is told not to.
postgres_without_cluster() {
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    printf 'create_main_cluster = false\nstart_conf = manual\n' > /etc/postgresql-common/createcluster.conf
  fi
}

# Installs Debian packages without letting any of their services start, now or at the next boot: the tests run the binaries
# themselves, on ports and folders of their own. A policy that is already there (containers bring one) is left alone.
apt_install() {
  local policy=/usr/sbin/policy-rc.d own_policy=no status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    own_policy=yes
  fi

  if [ -z "${MESHCONSOLE_APT_UPDATED:-}" ]; then
    say "apt-get update"
    apt-get -qq update || say "apt-get update failed; trying with the lists that are there"
    MESHCONSOLE_APT_UPDATED=yes
  fi

  say "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >/dev/null || status=$?
  if [ "$own_policy" = yes ]; then
    rm -f "$policy"
  fi

  if have systemctl; then
    local package
    for package in "$@"; do
      case "$package" in
        prometheus) systemctl --quiet disable prometheus.service >/dev/null 2>&1 || true ;;
        postgresql-15) systemctl --quiet disable postgresql.service >/dev/null 2>&1 || true ;;
        etcd-server) systemctl --quiet disable etcd.service >/dev/null 2>&1 || true ;;
      esac
    done
  fi

  return "$status"
}
