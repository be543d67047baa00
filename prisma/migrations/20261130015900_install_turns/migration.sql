-- AlterTable
ALTER TABLE "bastion" ADD COLUMN     "max_installs" INT4 NOT NULL DEFAULT 20;

-- AlterTable
ALTER TABLE "bastion_order" ADD COLUMN     "waiting" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "install_attempt" ADD COLUMN     "waiting" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "install_attempt_waiting_created_at_id_idx" ON "install_attempt"("waiting", "created_at", "id");
