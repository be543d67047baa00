# Wipes the disks that belong to the machine, one after the other, and says how far that got. It begins none before the bastion
# has taken what it says: whoever gave the wipe up meanwhile wants what is on the others.
# shellcheck shell=dash

# Makes what was on a disk unreadable as far as it lets itself be asked: HOW says how far that is. Fails where it takes nothing.
wipe_disk() {
  device=/dev/$1
  line_of "/sys/block/$1/queue/discard_max_bytes"
  HOW='only its first and last MiB: it cannot discard'
  if [ "${LINE:-0}" != 0 ] && blkdiscard "$device" 2>/run/lab/wipe; then HOW='discarded'; fi
  line_of "/sys/block/$1/size"
  last=$((LINE / 2048 - 1))
  dd if=/dev/zero of="$device" bs=1M count=1 conv=fsync 2>/run/lab/wipe || return 1
  [ "$last" -le 0 ] || dd if=/dev/zero of="$device" bs=1M count=1 seek="$last" conv=fsync 2>/run/lab/wipe || return 1
  # The end of a disk need not fall on a MiB, and a copy of its table of partitions is in its last sectors.
  dd if=/dev/zero of="$device" bs=512 count=64 seek=$((LINE - 64)) conv=fsync 2>/run/lab/wipe
}

given_up() { restart 'This wipe was given up: nothing more is written'; }

wipe() {
  set --
  for path in /sys/block/*; do
    is_disk "$path" || continue
    line_of "$path/removable"
    [ "$LINE" != 1 ] || continue
    transport "$(readlink -f "$path")"
    [ "$TRANSPORT" != usb ] || continue
    line_of "$path/ro"
    [ "$LINE" != 1 ] || continue
    set -- "$@" "${path##*/}"
  done
  total=$#
  done=0
  failed=
  insist wipe "Wiping $total disks: $*" || given_up
  for name; do
    # Without the blanks that these end with.
    read -r model 2>/dev/null <"/sys/block/$name/device/model" || model=
    disk_serial "/sys/block/$name"
    serial=${LINE%% *}
    if wipe_disk "$name"; then
      done=$((done + 1))
      insist wipe "Wiped $done of $total: $name${model:+ $model}${serial:+ $serial} ($HOW)" || given_up
    else
      line_of /run/lab/wipe
      failed="$failed${failed:+, }$name ($LINE)"
      insist wipe "Wiped $done of $total: $name takes nothing ($LINE)" || given_up
    fi
  done
  if [ -n "$failed" ]; then
    insist wipe "Wiped $done of $total disks. These take nothing: $failed" error failed
  else
    insist wiped "Wiped all $total disks" message installed
  fi
  restart 'Starting again'
}
