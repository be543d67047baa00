# Listens for what switches say of themselves by LLDP, on all interfaces at once.
# shellcheck shell=dash

# Most switches speak every half minute.
LISTEN=31

# Leaves a file for each interface that heard its neighbour: the switch on one line, its port on the next. Fails where none did.
listen_for_neighbours() {
  [ -x /bin/tcpdump ] || return 1
  say "Listening for switches for $LISTEN s"
  modprobe -q af_packet
  listeners=
  for path in /sys/class/net/*; do
    line_of "$path/carrier"
    if [ ! -e "$path/device" ] || [ "$LINE" != 1 ]; then continue; fi
    listen_on "${path##*/}" &
    listeners="$listeners $!"
  done
  # shellcheck disable=SC2086
  [ -z "$listeners" ] || wait $listeners
  set -- /run/lab/lldp-*
  [ -e "$1" ]
}

# Debian's tcpdump becomes a user of its own, of whom nobody has told this system.
listen_on() {
  timeout "$LISTEN" tcpdump -Z root -i "$1" -s 1514 -c 1 -U -w "/run/lab/frame-$1" 'ether proto 0x88cc' 2>/dev/null
  # The heads of the file, of its record and of the frame come first.
  tail -c +55 "/run/lab/frame-$1" 2>/dev/null | od -A n -v -t x1 | awk -f /lab/lldp.awk >"/run/lab/lldp-$1"
  [ -s "/run/lab/lldp-$1" ] || rm -f "/run/lab/lldp-$1"
}
