# Begins an install by Debian's installer: from here on the bastion hears of it. It runs once the preseed is read.
mkdir -p /tmp/lab
cat >/tmp/lab/lab.sh <<'LAB_END'
{{> _lab.sh}}
LAB_END
cat >/tmp/lab/watch.sh <<'LAB_END'
{{> _debianWatch.sh}}
LAB_END
. /tmp/lab/lab.sh
lab_start
lab_trap early
lab_progress pre "$(uname -r)"
lab_follow /var/log/syslog
lab_background '. "$LAB_DIR/watch.sh"'
