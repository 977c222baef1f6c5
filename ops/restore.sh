#!/bin/sh
# The old name of `sparkone restore`: ops/restore.sh --list | --db FILE | FILE
# FILE is a dump or the id of a backup. It asks before it replaces anything; where nobody can be asked, add --yes.
# COMPOSE_FILE, DB_SERVICE, DB_USER, DB_NAME and DATABASE_URL mean what they always did. Flags of sparkone may follow.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=ops/legacy.sh
. "$here/legacy.sh"
run_sparkone "$here" restore "$@"
