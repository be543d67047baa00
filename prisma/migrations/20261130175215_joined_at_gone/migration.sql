-- AlterTable
ALTER TABLE "bastion_session" DROP COLUMN "joined_at";
