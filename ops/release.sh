#!/bin/sh
# Brings a version up on this server after a backup, and the one before back when it does not become healthy.
#   release.sh deploy VERSION [REVISION]   VERSION is the tag of the images, REVISION the commit whose Compose files go with them
#   release.sh back                        to what ran before the last deployment
#   release.sh status                      what runs, and what it logged last
# Ends as sparkone does (docs/exit-codes.md): 8 is failed and put back, 2 is failed and in need of somebody.
set -eu

main() {
  cd "$(dirname "$0")"
  case ${1:-} in
    deploy) [ $# -ge 2 ] || usage; hold; deploy "$2" "${3:-}" ;;
    back) hold; back ;;
    status) status ;;
    *) usage ;;
  esac
}

usage() {
  sed -n '3,5s/^# *//p' release.sh >&2
  exit 3
}

# Two releases at once would undo each other.
hold() {
  exec 9>.release.lock
  flock -n 9 || fail 5 'another release is under way'
}

deploy() {
  name "$1"
  [ -z "$2" ] || name "$2"
  before="$(version) $(revision)"
  sparkone backup || fail 2 "no backup could be made, so nothing was changed"
  if bring "$1" "$2"; then
    echo "$before" >.release-before
    echo "$1 runs; before it ran ${before% *}"
    return
  fi
  echo "$1 did not become healthy; putting ${before% *} back" >&2
  status >&2
  # shellcheck disable=SC2086 # A version and a revision.
  bring $before || fail 2 "${before% *} could not be brought back either: somebody has to look"
  fail 8 "${before% *} runs again"
}

back() {
  [ -s .release-before ] || fail 9 'nothing is known of a version before this one'
  read -r to commit <.release-before
  now="$(version) $(revision)"
  bring "$to" "$commit" || fail 2 "$to did not become healthy: somebody has to look"
  echo "$now" >.release-before
  echo "$to runs again"
}

status() {
  docker compose ps --all || true
  docker compose logs --tail 50 api migrate || true
}

# Succeeds once everything is up and sparkone finds nothing critical.
bring() {
  if [ -n "${2:-}" ]; then
    git fetch --quiet --depth 1 origin "$2" && git checkout --quiet --detach "$2" || return 1
  fi
  # Written into the same file, which keeps owner and mode.
  changed=$(sed "s/^SPARKONE_VERSION=.*/SPARKONE_VERSION=$1/" .env) && printf '%s\n' "$changed" >.env || return 1
  docker compose pull --quiet && docker compose up --detach --wait --wait-timeout 300 || return 1
  code=0
  sparkone health || code=$?
  [ "$code" -le 1 ]
}

version() {
  sed -n 's/^SPARKONE_VERSION=//p' .env
}

revision() {
  git rev-parse HEAD 2>/dev/null || true
}

# What goes into files and commands is held to what tags and commits are made of.
name() {
  case $1 in
    -* | *[!A-Za-z0-9._-]*) fail 3 "not a version or commit: $1" ;;
  esac
}

fail() {
  echo "release.sh: $2" >&2
  exit "$1"
}

# Read whole before it runs, since a deployment replaces this very file.
main "$@"
