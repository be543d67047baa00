-- AlterTable
ALTER TABLE "bastion" ADD COLUMN     "files_held" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "files_told_at" TIMESTAMPTZ(3);
