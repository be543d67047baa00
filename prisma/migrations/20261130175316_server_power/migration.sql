-- AlterTable
ALTER TABLE "server" ADD COLUMN     "bmc" JSONB NOT NULL DEFAULT '{}';
