# Makes the report of what the machine is, as POST /api/discover takes it.
# shellcheck shell=dash

# GiB, of all memory that the firmware has put in, also what the kernel keeps for itself.
memory_gb() {
  line_of /sys/devices/system/memory/block_size_bytes
  if [ -n "$LINE" ]; then
    set -- /sys/devices/system/memory/memory[0-9]*
    megabytes=$((0x$LINE * $# / 1048576))
  else
    megabytes=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  fi
  MEMORY=$((megabytes / 1024)).$(printf '%03d' $((megabytes % 1024 * 1000 / 1024)))
}

# Cores, not threads: pairs of package and core where the kernel says them.
cpu() {
  CPU_MODEL=$(awk -F ': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
  CPU_CORES=$(awk -F ': *' '
    /^processor/ { threads++ }
    /^physical id/ { package = $2 }
    /^core id/ { if (!((package, $2) in seen)) { seen[package, $2] = 1; cores++ } }
    END { print cores ? cores : threads }' /proc/cpuinfo)
}

# What shows pictures, but for the chips by which a management controller does.
gpus() {
  GPUS=
  for path in /sys/bus/pci/devices/*; do
    line_of "$path/class"
    case $LINE in 0x03*) ;; *) continue ;; esac
    line_of "$path/vendor"
    vendor=${LINE#0x}
    line_of "$path/device"
    case $vendor in
      1a03 | 102b) continue ;;
      10de) maker=NVIDIA ;;
      1002 | 1022) maker=AMD ;;
      8086) maker=Intel ;;
      1af4) maker=virtio ;;
      *) maker=PCI ;;
    esac
    quote "$maker $vendor:${LINE#0x} at ${path##*/}"
    GPUS="$GPUS${GPUS:+,}$QUOTED"
  done
}

# The management controller's own address, by the channel that has one.
bmc() {
  BMC=
  if [ ! -e /dev/ipmi0 ] || [ ! -x /bin/ipmitool ]; then return 0; fi
  for channel in 1 2 3 4 5 6 7 8 9 10 11; do
    BMC=$(timeout 10 ipmitool lan print "$channel" 2>/dev/null | awk -F ': *' '/^IP Address  / { print $2; exit }')
    case $BMC in '' | 0.0.0.0) BMC= ;; *) return 0 ;; esac
  done
}

dmi() {
  line_of "/sys/class/dmi/id/$1"
}

# Writes the report to a file.
probe() {
  disks
  nics
  memory_gb
  cpu
  gpus
  bmc
  OBJECT=
  put_text mac "$MAC"
  put_text arch "$(uname -m)"
  put_text cpu_model "$CPU_MODEL"
  put_number cpu_cores "$CPU_CORES"
  put_number memory_gb "$MEMORY"
  dmi sys_vendor && put_text manufacturer "$LINE"
  dmi product_name && put_text product "$LINE"
  dmi product_serial && put_text serial "$LINE"
  dmi product_uuid && put_text uuid "$LINE"
  if [ -d /sys/firmware/efi ]; then put_text firmware uefi; else put_text firmware bios; fi
  [ -z "$GPUS" ] || put_raw gpus "[$GPUS]"
  put_text bmc_address "$BMC"
  line_of /sys/class/tpm/tpm0/tpm_version_major
  case $LINE in
    1) put_text tpm 1.2 ;;
    2) put_text tpm 2.0 ;;
  esac
  put_raw disks "[$DISKS]"
  put_raw nics "[$NICS]"
  printf '{%s}' "$OBJECT" >"$1"
}
