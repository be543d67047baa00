-- AlterTable
ALTER TABLE "server" ADD COLUMN     "boot" JSONB NOT NULL DEFAULT '{}';
