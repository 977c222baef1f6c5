# shellcheck shell=sh
# What backup.sh, restore.sh and verify_backup.sh have in common; they read it, it is not run.

# Runs sparkone in the place of this shell, so that its words and its exit code are those of the old command.
run_sparkone() {
  folder=$1
  shift
  # Where cron starts these commands there is no configuration to be found, but here there is one.
  if [ -z "${SPARKONE_CONFIG:-}" ] && [ -f "$folder/sparkone.yml" ]; then
    export SPARKONE_CONFIG="$folder/sparkone.yml"
  fi
  # A managed database always won over the one of the Compose file.
  if [ -n "${DATABASE_URL:-}" ]; then
    export SPARKONE_RUNTIME="${SPARKONE_RUNTIME:-host}"
  fi
  if command -v sparkone >/dev/null; then
    exec sparkone "$@"
  fi
  if [ -f "$folder/../bin/run.js" ] && command -v node >/dev/null; then
    exec node "$folder/../bin/run.js" "$@"
  fi
  echo 'sparkone is not installed: npm install --global sparkone, or npm link in its repository.' >&2
  exit 3
}
