-- CreateTable
CREATE TABLE "lease" (
    "id" UUID NOT NULL,
    "bastion_id" UUID,
    "ip" INET NOT NULL,
    "mac" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lease_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "lease_bastion_id_created_at_id_idx" ON "lease"("bastion_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "lease_mac_id_idx" ON "lease"("mac", "id");

-- CreateIndex
CREATE INDEX "lease_created_at_id_idx" ON "lease"("created_at", "id");

-- CreateIndex
CREATE INDEX "lease_expires_at_idx" ON "lease"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "lease_bastion_id_ip_key" ON "lease"("bastion_id", "ip");

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE CASCADE ON UPDATE CASCADE;
