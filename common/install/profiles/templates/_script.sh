#!/bin/sh
# Runs a script of the profile's parameters as what its own first line says.
set -eu
base64 -d >/var/lib/lab/script <<'LAB_SCRIPT'
{{ script.text | base64 }}
LAB_SCRIPT
chmod 700 /var/lib/lab/script
case $(head -c 2 /var/lib/lab/script) in
  '#!') exec /var/lib/lab/script ;;
  *) exec sh -e /var/lib/lab/script ;;
esac
