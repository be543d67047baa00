# What all scripts share: words on every console, the kernel's arguments, JSON, and asking the bastion.
# Functions answer in variables of the caller's, since each $( ) would be a process more.
# shellcheck shell=dash disable=SC2034

# Says a line to whoever looks: on each console, and on the first serial port where the kernel was told of none.
say() {
  if [ -z "${CONSOLES:-}" ]; then
    CONSOLES=$(cat /sys/class/tty/console/active 2>/dev/null)
    case $CONSOLES in
      *ttyS* | *ttyAMA* | *hvc*) ;;
      *) ! grep -q '^0: uart:[^u]' /proc/tty/driver/serial 2>/dev/null || CONSOLES="$CONSOLES ttyS0" ;;
    esac
  fi
  for console in ${CONSOLES:-console}; do
    printf 'lab: %s\r\n' "$*" >"/dev/$console" 2>/dev/null
  done
}

# Sets VALUE to that of an argument of the kernel's, or to nothing. ARGUMENTS are others that count in their place.
argument() {
  VALUE=
  [ -n "${ARGUMENTS:-}" ] || read -r ARGUMENTS </proc/cmdline
  set -f
  for word in $ARGUMENTS; do
    case $word in "$1="*) VALUE=${word#*=} ;; esac
  done
  set +f
}

# Sets LINE to the first line of a file, or to nothing.
line_of() {
  LINE=
  [ -r "$1" ] || return 0
  IFS= read -r LINE 2>/dev/null <"$1" || :
}

# Sets QUOTED to a text as JSON, whatever bytes it has.
quote() {
  case $1 in
    *[!A-Za-z0-9\ ._:/@+,\(\)-]*) QUOTED=$(printf '%s' "$1" | od -A n -v -t x1 | awk -f /lab/quote.awk) ;;
    *) QUOTED="\"$1\"" ;;
  esac
}

# These add a field to OBJECT, the inside of an object of JSON; what is empty, or no such value, is left out.
put_raw() { OBJECT="${OBJECT:-}${OBJECT:+,}\"$1\":$2"; }
put_text() {
  [ -n "$2" ] || return 0
  quote "$2"
  put_raw "$1" "$QUOTED"
}
put_number() {
  case $2 in
    '' | *[!0-9.]* | .* | *. | *.*.* | 0[0-9]*) ;;
    *) put_raw "$1" "$2" ;;
  esac
}
put_flag() {
  case $2 in
    0) put_raw "$1" false ;;
    1) put_raw "$1" true ;;
  esac
}

# Posts a file of JSON to a path of the bastion's; ANSWER is what it said.
post() {
  set -- "$1" "$2" ${TOKEN:+--header "Authorization: Bearer $TOKEN"}
  path=$1 file=$2
  shift 2
  ANSWER=$(timeout 60 wget -q -O - --header 'Content-Type: application/json' "$@" --post-file "$file" "$URL$path" 2>&1)
}

# Asks for a path of the bastion's; ANSWER is what it said.
ask() {
  set -- "$1" ${TOKEN:+--header "Authorization: Bearer $TOKEN"}
  path=$1
  shift
  ANSWER=$(timeout 60 wget -q -O - "$@" "$URL$path" 2>/dev/null)
}

# Tells the bastion how far this is: a stage, what is to be said about it, as `message` or, where it went wrong, as `error`, and
# with the last word how it ended.
progress() {
  SEQ=$((${SEQ:-0} + 1))
  OBJECT=
  put_text mac "$MAC"
  put_text stage "$1"
  put_text "${3:-message}" "$2"
  put_text state "${4:-}"
  put_number seq "$SEQ"
  printf '{%s}' "$OBJECT" >/run/lab/progress.json
  say "$1: $2"
  for _ in 1 2 3; do
    ! post /api/progress /run/lab/progress.json || return 0
    sleep 2
  done
  say "The bastion does not take this: $ANSWER"
  return 1
}

# The same, again and again until the bastion takes it. Fails when the attempt is over: nothing more may be done for it.
insist() {
  until progress "$@"; do
    case $ANSWER in *' 410 '*) return 1 ;; esac
    # The same word, by its number: the bastion may have it, and the answer was lost.
    SEQ=$((SEQ - 1))
    sleep 5
  done
}

# Seconds since the machine started.
uptime_seconds() {
  read -r NOW _ </proc/uptime
  NOW=${NOW%.*}
}

# Hundredths of a second since the machine started.
uptime_hundredths() {
  read -r NOW _ </proc/uptime
  NOW=$((${NOW%.*} * 100 + 1${NOW#*.} - 100))
}

# Ends the ramdisk: the firmware begins again, and the bastion says what it boots then.
restart() {
  say "$1"
  sync
  sleep 1
  reboot -f
  sleep 60
}
