# Watches Anaconda from its first second: what fails in %pre, and a kickstart that it cannot read, run no handler at all and
# leave the machine standing.
lab_anaconda_runs() {
  for lab_process in /proc/[0-9]*/cmdline; do
    tr '\0' ' ' <"$lab_process" 2>/dev/null | grep -q '^[^ ]*python[^ ]* .*bin/anaconda' && return 0
  done
  return 1
}

lab_misses=
while [ ! -e "$LAB_DIR/finished" ] && [ ! -e "$LAB_DIR/ended" ]; do
  sleep 5
  if lab_anaconda_runs; then
    lab_misses=0
  elif [ -n "$lab_misses" ]; then
    # It was there: what was never seen may bear another name.
    lab_misses=$((lab_misses + 1))
  fi
  for lab_crash in /tmp/anaconda-tb-*; do
    [ ! -e "$lab_crash" ] || lab_fail 'Anaconda crashed, and waits for somebody' "$lab_crash"
  done
  [ "${lab_misses:-0}" -lt 3 ] || lab_fail 'Anaconda is gone, and has not finished' /tmp/anaconda.log
done
[ -e "$LAB_DIR/finished" ] || lab_hold
