#!/bin/sh
# Makes a backup each day at BACKUP_TIME (UTC) and proves it; after a failure it tries again in BACKUP_RETRY_SECONDS.
# `daily-backup.sh check` is the health check: whether this loop is alive. Whether backups succeed is told by metrics and alerts.
set -u

backups=/var/lib/sparkone/backups
textfiles=/var/lib/sparkone/textfile
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
      if back_up && prove; then due=$(next_due); else due=$(($(date +%s) + BACKUP_RETRY_SECONDS)); fi
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

stop() {
  # sparkone cleans up and ends by itself when told to.
  kill -TERM "$child" 2>/dev/null
  wait "$child" 2>/dev/null
  exit 0
}

back_up() {
  began=$(date +%s)
  supervise sparkone backup --cron || return 1
  ended=$(date +%s)
  # A set exists once its manifest does.
  newest=$(find "$backups" -name manifest.json -printf '%T@ %h\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
  publish backup \
    "sparkone_backup_last_success_timestamp_seconds{$labels} $ended" \
    "sparkone_backup_duration_seconds{$labels} $((ended - began))" \
    "sparkone_backup_bytes{$labels} $(du -sb "$newest" | cut -f 1)"
}

prove() {
  if supervise sparkone verify latest --cron; then
    publish passed "sparkone_backup_last_proof_passed{$labels} 1"
    publish proof "sparkone_backup_last_proof_timestamp_seconds{$labels} $(date +%s)"
  else
    publish passed "sparkone_backup_last_proof_passed{$labels} 0"
    return 1
  fi
}

# The exporter must never read half a file, so it appears by a rename, readable for the exporter's user.
publish() {
  file="$textfiles/sparkone-$1.prom"
  shift
  printf '%s\n' "$@" >"$file.new" && chmod 644 "$file.new" && mv "$file.new" "$file"
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

labels="project=\"$COMPOSE_PROJECT_NAME\",environment=\"$SPARKONE_ENV\""
child=0
case ${1:-run} in
  run) main ;;
  check) check ;;
  *)
    echo 'Usage: daily-backup.sh [run|check]' >&2
    exit 3
    ;;
esac
