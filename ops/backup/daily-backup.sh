#!/bin/sh
# Makes a backup each day at BACKUP_TIME (UTC), proves it, and removes old ones; after a failure it tries again in BACKUP_RETRY_SECONDS.
# `daily-backup.sh check` is the health check: whether this loop is alive. Whether backups succeed is told by the metrics that sparkone writes.
set -u

child_file=/tmp/child
step=15

main() {
  trap stop TERM INT
  DB_PASSWORD=$(cat /run/secrets/postgres_password)
  export DB_PASSWORD
  due=$(next_due)
  log "the next backup is due at $(spoken "$due")"
  while :; do
    if [ "$(date +%s)" -ge "$due" ]; then
      if settle backup && settle verify latest; then
        due=$(next_due)
        # What could not be removed today can wait for tomorrow.
        supervise sparkone backup cleanup --yes --cron
      else
        due=$(($(date +%s) + BACKUP_RETRY_SECONDS))
      fi
      log "the next backup is due at $(spoken "$due")"
    fi
    # Short steps, so that a clock that was changed or a machine that slept does not miss the hour.
    supervise sleep "$step"
  done
}

# A shell hears a signal only between two commands, so whatever takes time runs in the background and is waited for.
supervise() {
  "$@" &
  child=$!
  echo "$child" >"$child_file"
  wait "$child"
}

# 1 is done, with a warning; that is no reason to do it all again.
settle() {
  supervise sparkone "$@" --cron
  [ $? -le 1 ]
}

stop() {
  # sparkone cleans up and ends by itself when told to.
  kill -TERM "$child" 2>/dev/null
  wait "$child" 2>/dev/null
  exit 0
}

next_due() {
  today=$(date -u -d "$(date -u +%F) $BACKUP_TIME" +%s)
  if [ "$today" -gt "$(date +%s)" ]; then echo "$today"; else echo $((today + 86400)); fi
}

spoken() {
  date -u -d "@$1" +%FT%TZ
}

log() {
  echo "$(date -u +%FT%TZ) $*"
}

# The loop always has a child, be it sparkone or a short sleep.
check() {
  kill -0 "$(cat "$child_file")"
}

child=0
case ${1:-run} in
  run) main ;;
  check) check ;;
  *)
    echo 'Usage: daily-backup.sh [run|check]' >&2
    exit 3
    ;;
esac
