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

main() {
  old=$(replicas)
  [ -n "$old" ] || stop 'No replica of the API is running; start the stack with: docker compose up -d --wait'
  count=$(echo "$old" | wc -l)
  # The schema comes first, because the new version may need what the old one does without.
  docker compose run --rm --no-deps -T migrate
  for replica in $old; do
    add_replica
    sleep "$settle_seconds"
    docker stop --time "$stop_seconds" "$replica" >/dev/null
    docker rm "$replica" >/dev/null
    echo "replaced $(echo "$replica" | cut -c 1-12)"
  done
}

add_replica() {
  before=$(replicas)
  if docker compose up --detach --wait --no-deps --no-recreate --scale api="$((count + 1))" api; then return; fi
  for replica in $(docker compose ps --all --quiet api); do
    case $before in
      *"$replica"*) ;;
      *)
        docker logs --tail 20 "$replica" >&2
        docker stop --time "$stop_seconds" "$replica" >/dev/null
        docker rm "$replica" >/dev/null
        ;;
    esac
  done
  stop 'The new replica did not become well and was removed; its last lines stand above. The old ones go on serving.'
}

replicas() {
  docker compose ps --quiet --status running api
}

stop() {
  echo "$1" >&2
  exit 1
}

main
