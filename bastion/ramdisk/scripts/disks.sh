# Finds the disks: what they say of themselves, so that another program finds the very same ones again.
# shellcheck shell=dash

# Sets TRANSPORT to how a disk is attached, by its place in the tree of devices.
transport() {
  case $1 in
    */usb[0-9]*) TRANSPORT=usb ;;
    */nvme/* | */nvme-subsystem/*) TRANSPORT=nvme ;;
    */virtio[0-9]*) TRANSPORT=virtio ;;
    */ata[0-9]*) TRANSPORT=sata ;;
    */end_device-*) TRANSPORT=sas ;;
    */rport-*) TRANSPORT="fc" ;;
    */session[0-9]*) TRANSPORT=iscsi ;;
    */mmc_host/*) TRANSPORT=mmc ;;
    */host[0-9]*) TRANSPORT=scsi ;;
    *) TRANSPORT= ;;
  esac
}

# Sets LINE to a disk's serial number.
disk_serial() {
  for file in "$1/serial" "$1/device/serial"; do
    line_of "$file"
    [ -z "$LINE" ] || return 0
  done
  # A page of SCSI's: four bytes of its own come first.
  [ ! -r "$1/device/vpd_pg80" ] || LINE=$(tail -c +5 "$1/device/vpd_pg80" 2>/dev/null | tr -d '\000')
  place=$(readlink -f "$1")
  case $place in
    # Of what is plugged in: it is some folders up, and above it are the hubs with numbers of their own.
    */usb[0-9]*)
      [ -z "$LINE" ] || return 0
      while [ ! -e "$place/idVendor" ] && [ -n "$place" ]; do place=${place%/*}; done
      line_of "$place/serial"
      ;;
  esac
}

# Sets LINE to a disk's name that is its own in the whole world, as udev writes it.
disk_wwn() {
  for file in "$1/wwid" "$1/device/wwid"; do
    line_of "$file"
    case $LINE in
      naa.*) LINE=0x${LINE#naa.} ;;
      eui.* | nvme.* | uuid.*) ;;
      *) LINE= ;;
    esac
    [ -z "$LINE" ] || return 0
  done
}

# Whether it is a disk that something could be kept on.
is_disk() {
  case ${1##*/} in
    loop* | ram* | zram* | dm-* | md* | sr* | fd* | nbd* | mtdblock* | mmcblk*boot* | mmcblk*rpmb) return 1 ;;
  esac
  line_of "$1/hidden"
  [ "$LINE" != 1 ] || return 1
  line_of "$1/size"
  case $LINE in '' | 0 | *[!0-9]*) return 1 ;; esac
}

# Sets DISKS to all of them, as JSON.
disks() {
  DISKS=
  for path in /sys/block/*; do
    is_disk "$path" || continue
    bytes=$((LINE * 512))
    OBJECT=
    put_text name "${path##*/}"
    put_number size_gb "$((bytes / 1000000000)).$(printf '%03d' $((bytes % 1000000000 / 1000000)))"
    line_of "$path/device/model"
    put_text model "$LINE"
    disk_serial "$path"
    put_text serial "$LINE"
    disk_wwn "$path"
    put_text wwn "$LINE"
    transport "$(readlink -f "$path")"
    put_text transport "$TRANSPORT"
    line_of "$path/queue/rotational"
    put_flag rotational "$LINE"
    line_of "$path/removable"
    put_flag removable "$LINE"
    partitions=0
    for part in "$path"/*/partition; do
      [ ! -e "$part" ] || partitions=$((partitions + 1))
    done
    put_number partitions "$partitions"
    DISKS="$DISKS${DISKS:+,}{$OBJECT}"
  done
}
