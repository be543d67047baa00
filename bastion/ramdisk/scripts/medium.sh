# What a machine does that was booted from a disc or a stick: it asks what to boot as iPXE does, and boots that by itself.
# shellcheck shell=dash

is_on_medium() {
  argument bastion.medium
  [ -n "$VALUE" ]
}

# Starts the machine again, into its own disk. The firmware would take the disc again where that comes first.
boot_disk() {
  disk=
  for entry in $(efibootmgr 2>/dev/null | sed -n 's/^BootOrder: //p' | tr ',' ' '); do
    # An entry of a disk names a partition of it.
    if [ -z "$disk" ] && efibootmgr -v 2>/dev/null | grep -q "^Boot$entry\*.*HD("; then disk=$entry; fi
  done
  if [ -z "$disk" ] || ! efibootmgr -q -n "$disk" 2>/dev/null; then
    say 'The firmware names no disk: take the disc or stick out. Starting again in 60 s'
    sleep 60
  fi
  restart "$1"
}

# Asks the bastion what to boot; LINE is the first one of what it said.
ask_what_to_boot() {
  ask "/boot/script?mac=$MAC&platform=linux$FIXED" || return 1
  printf '%s\n' "$ANSWER" >/run/lab/next
  line_of /run/lab/next
}

# Whether what is to be booted is this ramdisk, as the bastion builds it now.
is_this_ramdisk() {
  build=$(sed -n 's/^build //p' /run/lab/next)
  line_of /lab/build
  [ -n "$build" ] && [ "$build" = "$LINE" ]
}

# Loads the next kernel and starts it in place of this one; comes back where it cannot.
start_kernel() {
  kernel=$(sed -n 's/^kernel //p' /run/lab/next)
  initrd=$(sed -n 's/^initrd //p' /run/lab/next)
  say "Loading $kernel"
  timeout 1800 wget -q -O /run/lab/kernel "$kernel" || return 1
  timeout 1800 wget -q -O /run/lab/initrd "$initrd" || return 1
  kexec -l /run/lab/kernel --initrd=/run/lab/initrd --command-line="$(sed -n 's/^arguments //p' /run/lab/next)" 2>/run/lab/kexec || {
    line_of /run/lab/kexec
    say "The kernel cannot be started from this one: $LINE"
    return 1
  }
  rm -f /run/lab/kernel /run/lab/initrd
  say 'Starting it'
  sync
  kexec -e
}

# Does what the bastion says, and comes back when that is to find out what the machine is.
follow() {
  tries=0
  while :; do
    if ask_what_to_boot; then
      case $LINE in
        discover) return 0 ;;
        disk) boot_disk 'Nothing is to be done here: booting from the disk' ;;
        boot)
          ! is_this_ramdisk || become
          start_kernel || :
          ;;
        wait\ *) say "${LINE#wait }" ;;
        *) say "The bastion's answer \"$LINE\" is none that this ramdisk knows" ;;
      esac
      tries=0
    else
      tries=$((tries + 1))
      [ "$tries" -lt 20 ] || boot_disk "The bastion at $URL does not answer: booting from the disk"
    fi
    sleep 10
  done
}
