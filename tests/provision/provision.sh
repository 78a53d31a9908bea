#!/usr/bin/env bash
# Puts the real services of the system tests on the machine: Chromium, Prometheus, PostgreSQL, etcd, kube-apiserver. Idempotent: what is
# there is left alone. Where it may not install (not root, not Debian) it says what is missing and ends well: the tests that
# need it are skipped with the reason, or fail under CI=true.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

packages=()
find_chromium >/dev/null || packages+=(chromium fonts-dejavu-core)
find_prometheus >/dev/null || packages+=(prometheus)
find_etcd >/dev/null || packages+=(etcd-server)
find_postgres >/dev/null || packages+=(postgresql-15)

if [ "${#packages[@]}" -gt 0 ] && can_install_packages; then
  case " ${packages[*]} " in *" postgresql-15 "*) postgres_without_cluster ;; esac
  apt_install "${packages[@]}" || say "apt-get install failed: the tests that need ${packages[*]} cannot run"
fi

if ! find_kube_apiserver >/dev/null && can_install_packages && [ "$(debian_codename)" = bookworm ]; then
  bash "$here/kube-apiserver.sh" || say "kube-apiserver could not be built: the tests against a real API server cannot run"
fi

missing=0
report() {
  local name="$1" path="$2" hint="$3"
  if [ -n "$path" ]; then
    say "$name: $path"
  else
    missing=$((missing + 1))
    say "$name: missing. $hint"
  fi
}
report "Chromium" "$(find_chromium || true)" "Install the package 'chromium', or set MESHCONSOLE_CHROMIUM to a Chromium or Chrome executable."
report "Prometheus" "$(find_prometheus || true)" "Install Prometheus 2.42 or later with promtool on PATH, or set MESHCONSOLE_PROMETHEUS to its executable."
report "PostgreSQL" "$(find_postgres || true)" "Install PostgreSQL 15 or later with initdb, or set MESHCONSOLE_POSTGRES to its executable 'postgres'."
report "etcd" "$(find_etcd || true)" "Install the package 'etcd-server', or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest makes one)."
report "kube-apiserver" "$(find_kube_apiserver || true)" "Set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest makes one), or run tests/provision/kube-apiserver.sh as root on Debian 12."
if [ "$missing" -gt 0 ]; then
  say "$missing of 5 services missing: their tests are skipped with a reason (with CI=true they fail)"
fi
