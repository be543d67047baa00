# What the ramdisk is for: finds out what the machine is, tells the bastion, and does what that says next.
# shellcheck shell=dash disable=SC1091,SC2034
. /lab/lib.sh
. /lab/coldplug.sh
. /lab/network.sh
. /lab/disks.sh
. /lab/nics.sh
. /lab/lldp.sh
. /lab/probe.sh
. /lab/medium.sh
. /lab/orders.sh
. /lab/wipe.sh
. /lab/rescue.sh
. /lab/install.sh

report() {
  probe /run/lab/report.json
  wait=1
  until post /api/discover /run/lab/report.json; do
    say "The bastion at $URL does not take the report ($ANSWER); trying again in $wait s"
    sleep "$wait"
    wait=$((wait < 30 ? wait * 2 : 30))
  done
  REPORTED=1
  say "The bastion at $URL has the report of this machine, $MAC"
}

read_arguments() {
  argument bastion.url
  URL=${VALUE%/}
  argument bastion.token
  TOKEN=$VALUE
  argument bastion.mode
  MODE=${VALUE:-discover}
  argument lab.script
  SCRIPT=$VALUE
}

# Does what the arguments say.
act() {
  if [ -n "$SCRIPT" ]; then
    [ -n "${REPORTED:-}" ] || report
    install "$SCRIPT"
  fi
  ! is_on_medium || follow
  case $MODE in
    discover)
      report
      # What switches say comes late, and nobody waits for it.
      { listen_for_neighbours && report; } &
      orders
      ;;
    wipe)
      [ -n "${REPORTED:-}" ] || report
      wipe
      ;;
    rescue) rescue ;;
    *) say "bastion.mode is \"$MODE\", and not discover, wipe or rescue" ;;
  esac
}

# Does what the bastion says that this very ramdisk is to be started for, without starting it: servers take minutes for that.
become() {
  ARGUMENTS=$(sed -n 's/^arguments //p' /run/lab/next)
  read_arguments
  say 'Going on at once: this ramdisk is what would be started'
  act
}

# A kernel makes variables of the first process of arguments that it does not know: none of these comes from there.
ARGUMENTS='' CONSOLES='' REPORTED='' FIXED=''
read_arguments
say 'Looking for hardware'
coldplug
network
# One that is booted by hand, from a stick, asks whoever gave it an address.
[ -n "$URL" ] || { line_of /run/lab/dhcp-server && URL="http://$LINE:8080"; }
set_clock
# What is slow to come has had the time of the network.
settle
links_up
act
