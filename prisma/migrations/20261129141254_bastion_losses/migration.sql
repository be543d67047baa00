-- AlterTable
ALTER TABLE "bastion" ADD COLUMN     "lost_at" TIMESTAMPTZ(3),
ADD COLUMN     "lost_items" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "lost_reason" TEXT;

-- AlterTable
ALTER TABLE "bastion_session" ADD COLUMN     "hash" TEXT,
ADD COLUMN     "newest" BIGINT NOT NULL DEFAULT 0;
