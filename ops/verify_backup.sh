#!/bin/sh
# The old name of `sparkone verify`: ops/verify_backup.sh [FILE]
# FILE is a dump or the id of a backup; without one the newest backup is proven.
# COMPOSE_FILE, DB_SERVICE, DB_USER, DB_NAME and DATABASE_URL mean what they always did. Flags of sparkone may follow.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=ops/legacy.sh
. "$here/legacy.sh"
run_sparkone "$here" verify "$@"
