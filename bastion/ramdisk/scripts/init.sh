#!/bin/sh
# The first process: makes the usual folders, and runs all else as a child, since the kernel dies with this one.
# shellcheck shell=dash
export PATH=/bin:/sbin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null || /bin/busybox mdev -s
# Each compressed module is an error to the kernel before busybox unpacks it: what people see is what is said here.
echo 3 >/proc/sys/kernel/printk
mkdir -p /dev/pts /run/lab /tmp /root /etc
mount -t devpts devpts /dev/pts
[ ! -d /sys/firmware/efi ] || modprobe -q efivarfs
[ ! -d /sys/firmware/efi/efivars ] || mount -t efivarfs efivarfs /sys/firmware/efi/efivars 2>/dev/null
ip link set lo up
while :; do
  /bin/sh /lab/main.sh
  echo "lab: the ramdisk's work ended with status $?; it begins again in 10 s" >/dev/console
  sleep 10
done
