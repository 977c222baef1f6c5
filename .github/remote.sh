#!/bin/sh
# Runs sparkone on the server that DEPLOY_HOST, DEPLOY_USER, DEPLOY_KEY and DEPLOY_KNOWN_HOSTS describe.
#   remote.sh deploy VERSION    VERSION is the tag of the images
#   remote.sh rollback          to the last good release before
#   remote.sh status            the releases, what runs, and what it logged last
# Ends as sparkone does (docs/exit-codes.md): 8 is failed and put back, 2 is failed and in need of somebody. A release that is good with a remark (1) is good.
set -eu

: "${DEPLOY_HOST:?}" "${DEPLOY_USER:?}" "${DEPLOY_KEY:?}" "${DEPLOY_KNOWN_HOSTS:?}"

usage() {
  sed -n '3,5s/^# *//p' "$0" >&2
  exit 3
}

# They become words of a shell on the other side.
for word in "${DEPLOY_FOLDER:=/opt/sparkone}" "$@"; do
  case $word in
    -* | *[!A-Za-z0-9/._-]*)
      echo "remote.sh: refused: $word" >&2
      exit 3
      ;;
  esac
done

case "${1:-} $#" in
  'deploy 2') command="sparkone deploy $2 --yes --json" ;;
  'rollback 1') command='sparkone rollback --yes --json' ;;
  'status 1') command='sparkone releases; docker compose ps --all; docker compose logs --tail 50 api migrate' ;;
  *) usage ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
printf '%s\n' "$DEPLOY_KEY" >"$folder/key"
printf '%s\n' "$DEPLOY_KNOWN_HOSTS" >"$folder/known_hosts"

code=0
ssh -i "$folder/key" -o "UserKnownHostsFile=$folder/known_hosts" -o StrictHostKeyChecking=yes -o BatchMode=yes -o IdentitiesOnly=yes \
  -o ConnectTimeout=15 -o ServerAliveInterval=15 "$DEPLOY_USER@$DEPLOY_HOST" "cd $DEPLOY_FOLDER/ops && { $command; }" || code=$?
[ "$code" -ne 1 ] || code=0
exit "$code"
