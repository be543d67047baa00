# Loads the drivers of what is there, again while that brings more to light, and waits for disks that are slow to come.
# shellcheck shell=dash

# Of what has come since the last time: each is looked for in a list of some ten thousand.
plug() {
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | grep -v "[ '\"\\\\]" | sort -u >/run/lab/there
  touch /run/lab/plugged
  awk 'FILENAME == "/run/lab/plugged" { old[$0]; next } !($0 in old)' /run/lab/plugged /run/lab/there |
    xargs -r -n 100 modprobe -abq 2>/dev/null
  mv /run/lab/there /run/lab/plugged
}

coldplug() {
  modprobe -abq sd_mod ipmi_devintf ipmi_si 2>/dev/null
  before=
  for _ in 1 2 3 4 5 6 7 8; do
    plug
    sleep 1
    set -- /sys/block/* /sys/class/net/*
    [ "$*" != "$before" ] || [ -z "$before" ] || break
    before=$*
  done
}
