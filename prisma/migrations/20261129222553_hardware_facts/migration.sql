-- AlterTable
ALTER TABLE "server" ADD COLUMN     "bmc_address" TEXT,
ADD COLUMN     "gpus" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "tpm" TEXT;

-- AlterTable
ALTER TABLE "server_nic" ADD COLUMN     "addresses" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "bond" TEXT,
ADD COLUMN     "driver" TEXT,
ADD COLUMN     "lldp_port" TEXT,
ADD COLUMN     "lldp_switch" TEXT,
ADD COLUMN     "pci_address" TEXT,
ADD COLUMN     "speed_mbps" INT4,
ADD COLUMN     "vlan_parent" TEXT;
