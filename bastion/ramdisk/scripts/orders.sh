# Waits for the bastion's word, so that an install begins without another start of the machine, and boots the disk then.
# shellcheck shell=dash

# Both say why. Who came from the network comes from there again, and the bastion knows what is to be done.
to_disk() { if is_on_medium; then boot_disk "$1"; else restart "$1"; fi; }
to_network() {
  if is_on_medium; then
    follow
    return
  fi
  if ask_what_to_boot && is_this_ramdisk; then become; fi
  restart "$1"
}

orders() {
  argument bastion.wait
  case $VALUE in '' | *[!0-9]*) patience=900 ;; *) patience=$VALUE ;; esac
  say "Waiting for orders: lab provision installs this machine now. Without any it boots from its disk in $patience s"
  uptime_seconds
  end=$((NOW + patience))
  while :; do
    uptime_seconds
    if [ "$NOW" -ge "$end" ]; then
      # It comes from the network again, and would get this ramdisk for ever.
      ask "/api/ramdisk?mac=$MAC&next=disk" || :
      to_disk 'There were no orders: booting from the disk'
    fi
    seconds=5
    if ask "/api/ramdisk?mac=$MAC"; then
      set -f
      # shellcheck disable=SC2086
      set -- $ANSWER
      set +f
      case ${1:-} in
        wait) case ${2:-} in '' | *[!0-9]* | ???*) ;; *) seconds=$2 ;; esac ;;
        disk) to_disk 'Nothing is to be done here: booting from the disk' ;;
        install | reboot) to_network 'Starting again, into what the bastion says' ;;
        *) say "The bastion's order \"${1:-}\" is none that this ramdisk knows" ;;
      esac
    fi
    sleep "$seconds"
  done
}
