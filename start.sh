#!/bin/sh
# The one way in: finds a Python, lets it install what requirements/ pins, and hands over to `python -m stack`.
set -eu
root=$(cd "$(dirname "$0")" && pwd)

suitable='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
python=
for candidate in python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c "$suitable" 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Laurel needs Python 3.11, 3.12 or 3.13, and none is on PATH. On Debian: apt-get install python3" >&2
    exit 1
fi

case "${1:-up}" in
help | -h | --help) PYTHONPATH=$root exec "$python" -P -m stack.verbs ;;
up | test) ;;
*) PYTHONPATH=$root "$python" -P -m stack.started ;;
esac

environment=$("$python" -I "$root/stack/install.py" "${1:-up}")
PYTHONPATH=$root exec "$environment/bin/python" -P -m stack "$@"
