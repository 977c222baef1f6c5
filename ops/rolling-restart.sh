#!/bin/sh
# Replaces the replicas of the API one after the other, so that no request is lost: sh rolling-restart.sh
# Use it for a new version or new settings in .env, or just to start afresh. Each new replica is there and well before an old one is told to end,
# so a single replica will do. An old one turns unready, answers what still comes for DRAIN_DELAY_MILLISECONDS, ends what it has begun, and is removed.
# When a new replica does not become well it is removed again, the old ones go on serving, and this ends with 1.
set -eu
cd "$(dirname "$0")"

# By then both proxies send to a new replica: nginx asks for names every two seconds, and for five leaves alone whoever did not answer at first
# (upstream.conf); Traefik is told by Docker and asks each replica itself.
settle_seconds=6
# DRAIN_DELAY_MILLISECONDS, and ten seconds for what is still running then.
stop_seconds=20
ready_seconds=120

main() {
  old=$(replicas)
  [ -n "$old" ] || stop 'The API has no replica; start the stack with: docker compose up -d --wait'
  count=$(echo "$old" | wc -l)
  # The schema comes first, because the new version may need what the old one does without.
  docker compose run --rm --no-deps -T migrate
  for replica in $old; do
    add_replica
    sleep "$settle_seconds"
    remove "$replica"
    echo "replaced $(echo "$replica" | cut -c 1-12)"
  done
}

# Waits for the new one only: an old one that is unwell is no reason to keep it.
add_replica() {
  before=$(replicas)
  docker compose up --detach --no-deps --no-recreate --scale api="$((count + 1))" api
  for new in $(replicas); do
    case $before in *"$new"*) continue ;; esac
    if becomes_well "$new"; then continue; fi
    docker logs --tail 20 "$new" >&2
    remove "$new"
    stop 'The new replica did not become well and was removed; its last lines stand above. The old ones go on serving.'
  done
}

becomes_well() {
  limit=$(($(date +%s) + ready_seconds))
  while [ "$(date +%s)" -lt "$limit" ]; do
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" != healthy ] || return 0
    sleep 1
  done
  return 1
}

remove() {
  docker stop --time "$stop_seconds" "$1" >/dev/null
  docker rm "$1" >/dev/null
}

replicas() {
  docker compose ps --all --quiet api
}

stop() {
  echo "$1" >&2
  exit 1
}

main
