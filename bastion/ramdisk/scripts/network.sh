# Gets an address for the interface that the machine booted from, or for the first one that gets any.
# shellcheck shell=dash disable=SC2034

# Sets NIC to the interface with the address in BOOTIF, which iPXE and PXELINUX write as 01-52-54-00-…
boot_nic() {
  NIC=
  argument BOOTIF
  wanted=$(printf '%s' "${VALUE#01-}" | tr 'A-Z-' 'a-z:')
  [ -n "$wanted" ] || return 0
  for path in /sys/class/net/*; do
    line_of "$path/address"
    if [ "$LINE" = "$wanted" ] && [ -e "$path/device" ]; then NIC=${path##*/}; fi
  done
}

# A network whose frames have a tag has an interface of its own above the one that carries it.
tagged() {
  argument bastion.vlan
  case $VALUE in '' | *[!0-9]*) return 0 ;; esac
  modprobe -q 8021q
  ip link add link "$NIC" name "$NIC.$VALUE" type vlan id "$VALUE" 2>/dev/null
  ip link set "$NIC.$VALUE" up
  NIC=$NIC.$VALUE
}

# Gives it the address that a disc says which was made for this machine; fails where none does. FIXED is what the bastion is told
# of it, so that what is booted next has it too.
fixed() {
  argument bastion.address
  [ -n "$VALUE" ] || return 1
  address=$VALUE
  tagged
  say "This disc gives $NIC the address $address"
  ip addr replace "$address" dev "$NIC"
  FIXED="&address=$address"
  argument bastion.gateway
  if [ -n "$VALUE" ]; then
    ip route replace default via "$VALUE" dev "$NIC"
    FIXED="$FIXED&gateway=$VALUE"
  fi
  argument bastion.dns
  : >/etc/resolv.conf
  if [ -n "$VALUE" ]; then
    for server in $(printf '%s' "$VALUE" | tr ',' ' '); do echo "nameserver $server" >>/etc/resolv.conf; done
    FIXED="$FIXED&dns=$VALUE"
  fi
  argument bastion.vlan
  [ -z "$VALUE" ] || FIXED="$FIXED&vlan=$VALUE"
}

lease() {
  tagged
  say "Asking for an address on $NIC"
  udhcpc -i "$NIC" -s /lab/udhcpc.sh -t 5 -T 3 -n >/dev/null 2>&1
}

# The clock is set by the bastion's, whatever it says: it may stand still, or say another year, and certificates go by it.
set_clock() {
  date=$(timeout 30 wget -q -S -O /dev/null "$URL/healthz" 2>&1 | sed -n 's/^ *[Dd]ate: *\(.*\) GMT.*/\1/p')
  [ -z "$date" ] || date -u -D '%a, %d %b %Y %H:%M:%S' -s "$date" >/dev/null 2>&1 || :
}

links_up() {
  for path in /sys/class/net/*; do
    [ ! -e "$path/device" ] || ip link set "${path##*/}" up 2>/dev/null
  done
}

network() {
  while :; do
    links_up
    boot_nic
    # It may be slow to come, and is better than any other.
    if [ -z "$NIC" ]; then
      settle
      links_up
      boot_nic
    fi
    if [ -n "$NIC" ]; then
      # A switch that learns its tree forwards nothing for half a minute.
      for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        line_of "/sys/class/net/$NIC/carrier"
        [ "$LINE" != 1 ] || break
        sleep 2
      done
      # No other NIC gets that address: the disc may be in another machine.
      if fixed || lease; then break; fi
    else
      sleep 3
      for path in /sys/class/net/*; do
        [ -e "$path/device" ] || continue
        NIC=${path##*/}
        line_of "$path/carrier"
        if [ "$LINE" = 1 ] && lease; then break 2; fi
      done
      say 'No interface got an address by DHCP; trying again'
    fi
    sleep 3
    plug || :
  done
  line_of "/sys/class/net/$NIC/address"
  MAC=$LINE
}
