# Loads the drivers of what is there, again while that brings more to light, and waits for disks that are slow to come.
# shellcheck shell=dash

# Of what has come since the last time, and of what no hardware asks for by its name: each is looked for in a list of some ten
# thousand. Fails where nothing has.
plug() {
  cat /sys/bus/*/devices/*/modalias /sys/class/dmi/id/modalias 2>/dev/null | grep -v "[ '\"\\\\]" | sort -u >/run/lab/there
  [ -e /run/lab/plugged ] || printf '%s\n' sd_mod ipmi_devintf ipmi_si >>/run/lab/there
  touch /run/lab/plugged
  awk 'FILENAME == "/run/lab/plugged" { old[$0]; next } !($0 in old)' /run/lab/plugged /run/lab/there >/run/lab/new
  mv /run/lab/there /run/lab/plugged
  [ -s /run/lab/new ] || return 1
  xargs -n 100 modprobe -abq </run/lab/new 2>/dev/null || :
}

# Sets DEVICES to all that any bus has.
devices() {
  set -- /sys/bus/*/devices/* /sys/block/* /sys/class/net/*
  DEVICES=$*
}

# Sets PLUGGED to what has its driver, and PLUGGED_AT to now.
plugged() {
  devices
  uptime_hundredths
  PLUGGED_AT=$NOW PLUGGED=$DEVICES
}

coldplug() {
  for _ in 1 2 3 4 5 6 7 8; do
    plug || break
    plugged
    # A driver finds most of what it has while it is loaded, or right after.
    sleep 0.2
  done
}

# Waits until nothing has come for a second and a half: a disk behind USB takes one. All of it takes a quarter of a minute at most.
settle() {
  for _ in $(seq 75); do
    devices
    if [ "$DEVICES" != "$PLUGGED" ]; then
      plug || :
      plugged
    fi
    uptime_hundredths
    [ $((NOW - PLUGGED_AT)) -lt 150 ] || return 0
    sleep 0.2
  done
}
