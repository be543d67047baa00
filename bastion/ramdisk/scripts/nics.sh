# Finds the network interfaces, with their addresses and where each one sits.
# shellcheck shell=dash

# Sets ADDRESSES to those of an interface with their prefixes, as JSON.
addresses() {
  ADDRESSES=
  set -f
  # shellcheck disable=SC2046
  set -- $(ip -o addr show dev "$1" 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "inet" || $i == "inet6") print $(i + 1) }')
  set +f
  for one; do
    quote "$one"
    ADDRESSES="$ADDRESSES${ADDRESSES:+,}$QUOTED"
  done
}

# Sets NICS to all of them, as JSON.
nics() {
  NICS=
  for path in /sys/class/net/*; do
    name=${path##*/}
    # What is neither a device, nor a bond, nor above another interface, exists within this system alone.
    [ -e "$path/device" ] || [ -e "$path/bonding" ] || [ -e "/proc/net/vlan/$name" ] || continue
    OBJECT=
    put_text name "$name"
    line_of "$path/address"
    put_text mac "$LINE"
    line_of "$path/operstate"
    put_text state "$LINE"
    addresses "$name"
    put_raw addresses "[$ADDRESSES]"
    # Of an interface without a link it is an error, or less than nothing.
    line_of "$path/speed"
    [ "$LINE" = 0 ] || put_number speed_mbps "$LINE"
    device=$(readlink -f "$path/device" 2>/dev/null)
    driver=$(readlink -f "$path/device/driver" 2>/dev/null)
    put_text driver "${driver##*/}"
    # Virtio's devices sit below one of PCI's.
    case ${device##*/} in virtio[0-9]*) device=${device%/*} ;; esac
    case ${device##*/} in [0-9a-f]*:[0-9a-f]*:[0-9a-f]*.[0-7]) put_text pci_address "${device##*/}" ;; esac
    master=$(readlink -f "$path/master" 2>/dev/null)
    [ ! -e "$master/bonding" ] || put_text bond "${master##*/}"
    for lower in "$path"/lower_*; do
      [ ! -e "/proc/net/vlan/$name" ] || [ ! -e "$lower" ] || put_text vlan_parent "${lower##*/lower_}"
    done
    [ ! -r "/run/lab/lldp-$name" ] || put_lldp "/run/lab/lldp-$name"
    NICS="$NICS${NICS:+,}{$OBJECT}"
  done
}

# What the neighbour said: the switch on one line, its port on the next.
put_lldp() {
  {
    IFS= read -r switch
    IFS= read -r port
  } <"$1"
  put_text lldp_switch "$switch"
  put_text lldp_port "$port"
}
