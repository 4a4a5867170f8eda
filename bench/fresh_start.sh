#!/usr/bin/env bash
# From a new clone with a new home to the first insight, in seconds. Takes the committed state of this checkout.
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap '"$scratch/laurel/start.sh" stop >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
git clone --quiet "$source_tree" "$scratch/laurel"
mkdir "$scratch/home"
chmod 755 "$scratch" "$scratch/home"
export HOME="$scratch/home"
unset LAUREL_HOME XDG_CACHE_HOME UV_CACHE_DIR
cd "$scratch/laurel"
started=$(date +%s.%N)
./start.sh
eval "$(./start.sh env)"
curl --silent --fail --output "$scratch/insight.png" \
    --header "Authorization: Bearer $LAUREL_ADMIN_KEY" "$LAUREL_API_URL/api/v1/insights/pass_rate.png"
printf 'fresh start to first insight: %.1f s, a chart of %d bytes\n' \
    "$(echo "$(date +%s.%N) - $started" | bc)" "$(stat --format=%s "$scratch/insight.png")"
