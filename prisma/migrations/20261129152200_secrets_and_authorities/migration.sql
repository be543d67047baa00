-- AlterTable
ALTER TABLE "authority" ADD COLUMN     "cross_certificate" TEXT,
ADD COLUMN     "ends_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "authority" ALTER COLUMN "private_key" DROP NOT NULL;

-- CreateTable
CREATE TABLE "sealed_secret" (
    "name" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "ciphertext" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sealed_secret_pkey" PRIMARY KEY ("name")
);
