-- AlterTable
ALTER TABLE "network" ADD COLUMN     "dhcp_mode" TEXT NOT NULL DEFAULT 'FULL',
ADD COLUMN     "dhcp_range" TEXT,
ADD COLUMN     "dns" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "relay" TEXT;

-- AlterTable
ALTER TABLE "server" ADD COLUMN     "address" INET;

-- CreateIndex
CREATE INDEX "server_address_idx" ON "server"("address");
