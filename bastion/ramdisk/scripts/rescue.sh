# Gives a person a shell: on each console, and over SSH where the ramdisk has a server and the bastion has keys.
# shellcheck shell=dash

# A shell that comes back when it ends, with the keys that stop programs.
shell_on() {
  while :; do
    setsid cttyhack sh -l <"/dev/$1" >"/dev/$1" 2>&1
    sleep 1
  done
}

serve_ssh() {
  [ -x /bin/dropbear ] || return 0
  # A file of the attempt's.
  ask "/install/$TOKEN/keys"
  [ -n "$ANSWER" ] || return 0
  home=~root
  mkdir -p "$home/.ssh" /etc/dropbear
  printf '%s\n' "$ANSWER" >"$home/.ssh/authorized_keys"
  chmod 700 "$home" "$home/.ssh"
  chmod 600 "$home/.ssh/authorized_keys"
  # Keys alone, and the server's own is made when somebody comes.
  dropbear -R -s 2>/dev/null && say "ssh root@$(addresses_of "$NIC")"
}

addresses_of() {
  ip -o -4 addr show dev "$1" scope global | awk '{ sub("/.*", "", $4); print $4; exit }'
}

rescue() {
  say 'Rescue: a shell follows, with the disks of this machine as they are. reboot -f boots from its disk'
  serve_ssh
  # Until it is taken, or the next boot would give the shell once more; nobody waits for that.
  [ -z "$TOKEN" ] || insist rescue "The machine has started into a shell" message installed &
  for console in $CONSOLES; do
    [ "$console" != tty0 ] || console=tty1
    shell_on "$console" &
  done
  wait
}
