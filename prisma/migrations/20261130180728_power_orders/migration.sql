-- AlterTable
ALTER TABLE "bastion_order" ADD COLUMN     "taken_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "server" ADD COLUMN     "power" JSONB NOT NULL DEFAULT '{}';

-- CreateIndex
CREATE INDEX "bastion_order_kind_acknowledged_at_id_idx" ON "bastion_order"("kind", "acknowledged_at", "id");
