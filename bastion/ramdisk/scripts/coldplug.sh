# Loads the drivers of what is there, again while that brings more to light, and waits for disks that are slow to come.
# shellcheck shell=dash

plug() {
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | grep -v "[ '\"\\\\]" | sort -u | xargs -n 100 modprobe -abq 2>/dev/null
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
