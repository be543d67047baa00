-- AlterTable
ALTER TABLE "agent" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "bastion" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "cluster" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "lab_role" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "lab_user" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "network" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "profile" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "secret" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "server" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "stored_query" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "token" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "vm" ADD COLUMN     "label_text" TEXT NOT NULL DEFAULT '';
