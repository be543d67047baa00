-- AlterTable
ALTER TABLE "bastion_session" ADD COLUMN     "joined_revision" BIGINT NOT NULL DEFAULT 0;
