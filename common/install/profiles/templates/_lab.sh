# How an installer tells the bastion what it does. POSIX sh, which bash, dash and busybox read; every script sources it.
#
# lab_progress and lab_log write into a folder, and one process in the background sends what is there, in order: the bastion
# never holds an installer up. Callbacks are counted, since the bastion takes one that does not go up for a repetition.
LAB_URL={{ bastion.url | sh }}
LAB_MAC={{ machine.mac | sh }}
LAB_TOKEN={{ token | sh }}
: "${LAB_DIR:=/tmp/lab}" "${LAB_SEQ:=10}" "${LAB_OUT:=}"
# Bytes of a log that wait to be sent before some are left out.
: "${LAB_BEHIND:=4000000}"
export LAB_DIR LAB_SEQ

# Whatever is no plain character would have to be escaped in JSON.
lab_text() {
  printf '%s' "$*" | tr -c '\040-\176' ' ' | cut -c1-1800 | sed 's/\\/\\\\/g; s/"/\\"/g'
}

lab_lock() {
  lab_tries=0
  until mkdir "$LAB_DIR/lock" 2>/dev/null || [ "$lab_tries" -ge 10 ]; do
    lab_tries=$((lab_tries + 1))
    sleep 1
  done
}

# lab_say STAGE MORE: MORE is of JSON, and begins with a comma.
lab_say() {
  lab_lock
  lab_number=$(($(cat "$LAB_DIR/seq" 2>/dev/null || echo "$LAB_SEQ") + 1))
  echo "$lab_number" >"$LAB_DIR/seq"
  lab_name=$(printf '%09d' "$lab_number")
  printf '{"mac":"%s","stage":"%s","seq":%d%s}\n' "$LAB_MAC" "$1" "$lab_number" "$2" >"$LAB_DIR/$lab_name"
  mv "$LAB_DIR/$lab_name" "$LAB_DIR/out/$lab_name.json"
  echo "$1" >"$LAB_DIR/stage"
  rmdir "$LAB_DIR/lock" 2>/dev/null || :
}

# lab_quietly COMMAND…: without its commands in the log.
lab_quietly() {
  case $- in
    *x*)
      { set +x; } 2>/dev/null
      "$@"
      set -x
      ;;
    *) "$@" ;;
  esac
}

lab_told() {
  lab_log "== $1${2:+: $2}"
  lab_say "$1" ",\"message\":\"$(lab_text "${2:-}")\""
}

# lab_progress STAGE [MESSAGE]
lab_progress() { lab_quietly lab_told "$@"; }

lab_log() { printf '%s\n' "$*" >>"$LAB_DIR/log"; }
bastion_log() { lab_log "$@"; }

# lab_follow FILE…: sends what is written to them from now on.
lab_follow() { printf '%s\n' "$@" >>"$LAB_DIR/follow"; }

# lab_post PATH TYPE FILE: prints the status of the answer, and nothing where there was none.
lab_post() {
  if command -v curl >/dev/null 2>&1; then
    curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $LAB_TOKEN" -H "Content-Type: $2" \
      --data-binary "@$3" "$LAB_URL$1" || :
  else
    { lab_wget -S -O /dev/null --header "Authorization: Bearer $LAB_TOKEN" --header "Content-Type: $2" \
      --post-file "$3" "$LAB_URL$1" 2>&1 || :; } | sed -n 's/.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' | tail -n 1
  fi
}

# Busybox's own time limit is a crash in Debian's static build of it.
lab_wget() {
  case $(wget --version 2>&1) in
    *GNU*) wget -T 20 -t 1 "$@" ;;
    *) timeout 30 wget "$@" ;;
  esac
}

# lab_sent PATH TYPE FILE: 0 once it need not be sent again. After a 410 the attempt is over, and nothing counts any more.
lab_sent() {
  case $(lab_post "$@") in
    410) : >"$LAB_DIR/gone" ;;
    408 | 429) return 1 ;;
    2?? | 4??) return 0 ;;
    *) return 1 ;;
  esac
}

lab_send_progress() {
  for lab_file in "$LAB_DIR"/out/*.json; do
    [ -e "$lab_file" ] || return 0
    lab_sent /api/progress application/json "$lab_file" || return 1
    rm -f "$lab_file"
  done
}

# lab_send_log FILE: its next whole lines.
lab_send_log() {
  [ -r "$1" ] || return 0
  lab_mark=$LAB_DIR/marks/$(printf '%s' "$1" | tr -c 'A-Za-z0-9' _)
  # Where it is read from, and how many bytes went before: of a file that is begun anew, these go on.
  { read -r lab_from lab_place <"$lab_mark"; } 2>/dev/null || lab_from=0 lab_place=0
  lab_size=$(wc -c <"$1")
  # It was begun anew.
  [ "$lab_size" -ge "$lab_from" ] || lab_from=0
  if [ $((lab_size - lab_from)) -gt "$LAB_BEHIND" ]; then
    lab_log "lab: $((lab_size - lab_from - 65536)) bytes of $1 are left out, since they came faster than they could be sent"
    lab_place=$((lab_place + lab_size - 65536 - lab_from))
    lab_from=$((lab_size - 65536))
    # What is left out is left out once, also when what follows is sent again.
    echo "$lab_from $lab_place" >"$lab_mark"
  fi
  tail -c "+$((lab_from + 1))" "$1" | head -c 65536 >"$LAB_DIR/raw"
  lab_lines=$(wc -l <"$LAB_DIR/raw")
  [ "$lab_lines" -le 2000 ] || lab_lines=2000
  if [ "$lab_lines" -gt 0 ]; then
    head -n "$lab_lines" "$LAB_DIR/raw" >"$LAB_DIR/batch"
  elif [ "$(wc -c <"$LAB_DIR/raw")" -eq 65536 ]; then
    cp "$LAB_DIR/raw" "$LAB_DIR/batch"
  else
    return 0
  fi
  lab_name=${1##*/}
  # What debconf and its clients say to each other would bury the rest.
  sed "/ \(debconf\|frontend\): \(-->\|<--\) /d; s|^|${lab_name%.log}: |" "$LAB_DIR/batch" >"$LAB_DIR/raw"
  [ ! -s "$LAB_DIR/raw" ] || lab_sent "/api/log?mac=$LAB_MAC&stream=$LAB_SEQ-${lab_mark##*/}&from=$lab_place" text/plain "$LAB_DIR/raw" || return 1
  lab_bytes=$(wc -c <"$LAB_DIR/batch")
  echo "$((lab_from + lab_bytes)) $((lab_place + lab_bytes))" >"$lab_mark"
}

lab_send_logs() {
  while read -r lab_path; do
    lab_send_log "$lab_path" </dev/null || return 1
  done <"$LAB_DIR/follow"
}

lab_sender() {
  # A proxy is for packages.
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  while [ -d "$LAB_DIR" ] && [ ! -e "$LAB_DIR/gone" ]; do
    lab_send_progress && lab_send_logs
    sleep 1
  done
  [ ! -e "$LAB_DIR/gone" ] || [ -e "$LAB_DIR/ended" ] || lab_abandoned
}

# The attempt was ended from outside. An installer must not go on writing to the disk.
lab_abandoned() {
  [ "$LAB_SEQ" -eq 10 ] || return 0
  echo 'lab: the install was ended from outside; the machine reboots' >/dev/console
  lab_reboot
}

lab_reboot() {
  sync
  echo b >/proc/sysrq-trigger
}

# lab_background COMMAND: apart from this script, whose output nobody waits for then.
lab_background() {
  lab_setsid=
  ! command -v setsid >/dev/null 2>&1 || lab_setsid=setsid
  # Debconf speaks through the others.
  # shellcheck disable=SC2086
  $lab_setsid sh -c ". \"\$LAB_DIR/lab.sh\"; $1" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- &
}

# Once; $LAB_DIR/lab.sh is this file.
lab_start() {
  mkdir -p "$LAB_DIR/out" "$LAB_DIR/marks"
  [ ! -e "$LAB_DIR/follow" ] || return 0
  lab_follow "$LAB_DIR/log"
  lab_background lab_sender
}

# Whether callbacks wait to be sent. One that was sent meanwhile says nothing of the others.
lab_waits() {
  for lab_waiting in "$LAB_DIR"/out/*.json; do
    [ ! -e "$lab_waiting" ] || return 0
  done
  return 1
}

# lab_flush SECONDS: waits at most that long until all callbacks are sent.
lab_flush() {
  lab_left=$1
  while [ "$lab_left" -gt 0 ] && [ ! -e "$LAB_DIR/gone" ] && lab_waits; do
    lab_left=$((lab_left - 1))
    sleep 1
  done
}

# lab_fail PROBLEM [FILE]: ends the attempt, with the last lines of a file. The first failure counts.
lab_fail() {
  mkdir "$LAB_DIR/ended" 2>/dev/null || return 0
  lab_log "FAILED: $1"
  [ -z "${2:-}" ] || lab_last=$(tail -n 12 "$2" 2>/dev/null | tr '\n' '|')
  lab_problem=$(lab_text "$1${lab_last:+; its last lines: $lab_last}")
  lab_say "$(cat "$LAB_DIR/stage" 2>/dev/null || echo pre)" ",\"state\":\"failed\",\"error\":\"$lab_problem\""
  echo "lab: the install failed: $1" >/dev/console 2>/dev/null || :
  lab_flush 60
}

# lab_trap NAME: from here on every command is in the log, and one that fails ends the attempt with what it was.
lab_trap() {
  LAB_OUT=$LAB_DIR/$1.log
  : >>"$LAB_OUT"
  lab_follow "$LAB_OUT"
  exec >>"$LAB_OUT" 2>&1
  trap 'lab_on_exit "$?"' EXIT
  set -eux
}

lab_on_exit() {
  { set +ex; } 2>/dev/null
  [ "$1" -ne 0 ] || return 0
  lab_command=$(sed -n '/lab_on_exit/!s/^+\{1,\} //p' "$LAB_OUT" | tail -n 1)
  lab_fail "$lab_command: exit code $1" "$LAB_OUT"
  lab_hold
}

# Long enough for somebody to look at the console; then the machine boots as its server's status says.
lab_hold() {
  echo 'lab: the machine reboots in ten minutes' >/dev/console 2>/dev/null || :
  sleep 600
  lab_reboot
}
