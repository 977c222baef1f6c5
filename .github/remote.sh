#!/bin/sh
# Runs ops/release.sh on the server that DEPLOY_HOST, DEPLOY_USER, DEPLOY_KEY and DEPLOY_KNOWN_HOSTS describe: remote.sh deploy VERSION REVISION
set -eu

: "${DEPLOY_HOST:?}" "${DEPLOY_USER:?}" "${DEPLOY_KEY:?}" "${DEPLOY_KNOWN_HOSTS:?}"
for word in "${DEPLOY_FOLDER:=/opt/sparkone}" "$@"; do
  # They become words of a shell on the other side.
  case $word in
    -* | *[!A-Za-z0-9/._-]*)
      echo "remote.sh: refused: $word" >&2
      exit 3
      ;;
  esac
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
printf '%s\n' "$DEPLOY_KEY" >"$folder/key"
printf '%s\n' "$DEPLOY_KNOWN_HOSTS" >"$folder/known_hosts"

ssh -i "$folder/key" -o "UserKnownHostsFile=$folder/known_hosts" -o StrictHostKeyChecking=yes -o BatchMode=yes -o IdentitiesOnly=yes \
  -o ConnectTimeout=15 -o ServerAliveInterval=15 "$DEPLOY_USER@$DEPLOY_HOST" "$DEPLOY_FOLDER/ops/release.sh $*"
