#!/bin/sh
# The old name of `sparkone backup`: ops/backup.sh [FOLDER]
# COMPOSE_FILE, DB_SERVICE, DB_USER, DB_NAME and DATABASE_URL mean what they always did. Flags of sparkone may follow.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=ops/legacy.sh
. "$here/legacy.sh"

case ${1-} in
  '') [ $# -eq 0 ] || { echo 'backup.sh: the name of the folder is empty' >&2; exit 3; } ;;
  -*) ;;
  *)
    directory=$1
    shift
    set -- --directory "$directory" "$@"
    ;;
esac
run_sparkone "$here" backup "$@"
