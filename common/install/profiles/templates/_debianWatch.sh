# Watches Debian's installer: it has no handler of errors, and what fails opens a dialog that waits for ever. With
# DEBCONF_DEBUG=5 its log has every question: a GO that is not answered is one that a person sees.
lab_debconf() { tail -n 2000 /var/log/syslog | grep 'debconf.*\(-->\|<--\)'; }

lab_same=0
lab_before=
lab_step=
while [ ! -e "$LAB_DIR/finished" ] && [ ! -e "$LAB_DIR/ended" ]; do
  sleep 5
  if [ -z "$lab_step" ] && grep -q "Menu item 'bootstrap-base' selected" /var/log/syslog; then
    lab_step=packages
    lab_progress packages
  fi
  lab_now=$(lab_debconf | tail -n 1)
  case $lab_now in
    *'--> GO'*)
      if [ "$lab_now" = "$lab_before" ]; then lab_same=$((lab_same + 1)); else lab_same=0; fi
      ;;
    *) lab_same=0 ;;
  esac
  lab_before=$lab_now
  [ "$lab_same" -ge 6 ] || continue
  lab_question=$(lab_debconf | sed -n 's/.*--> INPUT [a-z]* //p' | tail -n 1)
  grep -v ': \(-->\|<--\) ' /var/log/syslog >"$LAB_DIR/said" || :
  lab_fail "The installer waits for an answer to ${lab_question:-a question}" "$LAB_DIR/said"
done
[ -e "$LAB_DIR/finished" ] || lab_hold
