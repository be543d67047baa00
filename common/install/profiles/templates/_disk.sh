# Finds the one disk that was chosen, by what it says of itself, before anything is written. POSIX sh, also busybox;
# it reads sysfs and udev, since an installer may have no lsblk.
LAB_SERIAL={{#if disk.serial}}{{ disk.serial | sh }}{{/if}}
LAB_WWN={{#if disk.wwn}}{{ disk.wwn | sh }}{{/if}}
: "${LAB_SYS:=/sys}"

# Vendors pad serials, and write WWNs with different prefixes.
lab_plain() {
  printf '%s' "$1" | tr 'A-Z' 'a-z' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; s/[[:space:]]\{1,\}/_/g; s/^wwn-//; s/^0x//; s/^naa\.//; s/^eui\.//'
}

# lab_says DISK KIND: what it says of its serial or its WWN, a line each.
lab_says() {
  lab_block=$LAB_SYS/block/$1
  case $2 in
    serial)
      cat "$lab_block/serial" "$lab_block/device/serial" 2>/dev/null || :
      # The page's own header is four bytes.
      tail -c +5 "$lab_block/device/vpd_pg80" 2>/dev/null | tr -d '\000' || :
      # What is plugged in has its number some folders up, below the hubs, which have numbers of their own.
      lab_place=$(readlink -f "$lab_block" || :)
      case $lab_place in
        */usb[0-9]*)
          while [ -n "$lab_place" ] && [ ! -e "$lab_place/idVendor" ]; do lab_place=${lab_place%/*}; done
          cat "$lab_place/serial" 2>/dev/null || :
          ;;
      esac
      lab_asks='s/^ID_SERIAL_SHORT=//p; s/^ID_SCSI_SERIAL=//p; s/^ID_SERIAL=//p'
      ;;
    *)
      cat "$lab_block/wwid" "$lab_block/device/wwid" 2>/dev/null || :
      lab_asks='s/^ID_WWN_WITH_EXTENSION=//p; s/^ID_WWN=//p'
      ;;
  esac
  echo
  udevadm info --query=property --name="/dev/$1" 2>/dev/null | sed -n "$lab_asks" || :
}

# lab_is DISK KIND WANTED
lab_is() {
  lab_says "$1" "$2" | while read -r lab_said; do
    [ -z "$lab_said" ] || [ "$(lab_plain "$lab_said")" != "$(lab_plain "$3")" ] || echo yes
  done | grep -q yes
}

# Whether a disk is the one: all that was chosen by must hold.
lab_is_chosen() {
  [ -z "$LAB_SERIAL" ] || lab_is "$1" serial "$LAB_SERIAL" || return 1
  [ -z "$LAB_WWN" ] || lab_is "$1" wwn "$LAB_WWN" || return 1
  [ -n "$LAB_SERIAL$LAB_WWN" ]
}

# Prints the names of all disks, or of those that are the one.
lab_disks() {
  for lab_one in "$LAB_SYS"/block/*; do
    case ${lab_one##*/} in
      loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd* | mmcblk*boot* | mmcblk*rpmb | '*') continue ;;
    esac
    # A path of several to one disk, and a slot with nothing in it.
    [ "$(cat "$lab_one/hidden" 2>/dev/null)" != 1 ] || continue
    [ "$(cat "$lab_one/size" 2>/dev/null || echo 0)" -gt 0 ] || continue
    [ "${1:-}" != chosen ] || lab_is_chosen "${lab_one##*/}" || continue
    echo "${lab_one##*/}"
  done
}

# Sets LAB_DISK to its name. Disks come late on some controllers: it waits half a minute.
lab_find_disk() {
  lab_wait=15
  LAB_DISK=$(lab_disks chosen)
  while [ -z "$LAB_DISK" ] && [ "$lab_wait" -gt 0 ]; do
    lab_wait=$((lab_wait - 1))
    sleep 2
    LAB_DISK=$(lab_disks chosen)
  done
  case $LAB_DISK in
    '') lab_no_disk "no disk has the serial ${LAB_SERIAL:-(any)} and the WWN ${LAB_WWN:-(any)}; there are:" ;;
    *[!a-zA-Z0-9]*) lab_no_disk "several disks are the chosen one:" ;;
  esac
}

lab_no_disk() {
  for lab_one in $(lab_disks); do
    lab_log "disk $lab_one: serial $(lab_says "$lab_one" serial | tr '\n' ' ') WWN $(lab_says "$lab_one" wwn | tr '\n' ' ')"
  done
  lab_fail "$1 $(lab_disks | tr '\n' ' '); nothing was written"
  exit 1
}
