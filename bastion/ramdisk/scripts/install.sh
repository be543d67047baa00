# Runs the script by which a profile installs from this ramdisk; its output goes to the bastion while it runs.
# shellcheck shell=dash

# Sends what a file has got since the last time, and goes on until it is told that the file is whole.
stream() {
  sent=0
  # Of this start of the machine: another one counts anew.
  line_of /proc/sys/kernel/random/boot_id
  name=ramdisk-${LINE%%-*}
  while :; do
    whole=
    [ ! -e /run/lab/whole ] || whole=1
    # No more than the bastion takes at once, and whole lines as long as more may come.
    tail -c "+$((sent + 1))" "$1" | head -c 100000 >/run/lab/lines
    bytes=$(wc -c </run/lab/lines)
    if [ -z "$whole" ] || [ "$bytes" = 100000 ]; then
      head -n "$(wc -l </run/lab/lines)" /run/lab/lines >/run/lab/whole-lines
      if [ -s /run/lab/whole-lines ] || [ "$bytes" -lt 100000 ]; then mv /run/lab/whole-lines /run/lab/lines; fi
      bytes=$(wc -c </run/lab/lines)
    fi
    if [ "$bytes" -gt 0 ]; then
      if timeout 60 wget -q -O /dev/null --header 'Content-Type: text/plain' --header "Authorization: Bearer $TOKEN" \
        --post-file /run/lab/lines "$URL/api/log?mac=$MAC&stream=$name&from=$sent" 2>/dev/null; then
        sent=$((sent + bytes))
        continue
      fi
    elif [ -n "$whole" ]; then
      return 0
    fi
    [ -z "$whole" ] || tries=$((${tries:-0} + 1))
    [ "${tries:-0}" -lt 5 ] || return 1
    sleep 2
  done
}

install() {
  # The folder that the script is in has the name of the attempt's token.
  script=$1
  folder=${script%/*}
  TOKEN=${folder##*/}
  until timeout 60 wget -q -O /run/lab/install "$script"; do
    say "$script cannot be had; trying again"
    sleep 5
  done
  export LAB_URL="$URL" LAB_TOKEN="$TOKEN" LAB_MAC="$MAC"
  : >/run/lab/output
  # Of an install before it in this ramdisk, whose end would silence this one.
  rm -rf /run/lab/whole /tmp/lab
  stream /run/lab/output &
  streamer=$!
  say 'Installing'
  sh /run/lab/install >>/run/lab/output 2>&1
  status=$?
  : >/run/lab/whole
  wait "$streamer"
  # What went wrong, and in which stage, the script has said; this is for one that could not.
  [ "$status" = 0 ] || say "The install ended with status $status: $(tail -n 3 /run/lab/output)"
  restart 'Starting again'
}
