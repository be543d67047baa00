-- AlterTable
ALTER TABLE "change" ADD COLUMN     "closed" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "head" ADD COLUMN     "trimmable" BIGINT,
ADD COLUMN     "trimmable_since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "seal" ADD COLUMN     "newest" TIMESTAMPTZ(3);
