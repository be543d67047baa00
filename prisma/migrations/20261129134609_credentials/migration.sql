-- AlterTable
ALTER TABLE "token" ADD COLUMN     "made_with" TEXT;

-- AlterTable
ALTER TABLE "user_session" ADD COLUMN     "made_with" TEXT,
ADD COLUMN     "opened_by" TEXT NOT NULL DEFAULT 'LINK';

-- CreateTable
CREATE TABLE "used_id_token" (
    "hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "used_id_token_pkey" PRIMARY KEY ("hash")
);

-- CreateIndex
CREATE INDEX "used_id_token_expires_at_idx" ON "used_id_token"("expires_at");

-- CreateIndex
CREATE INDEX "token_made_with_idx" ON "token"("made_with");

-- CreateIndex
CREATE INDEX "user_session_made_with_idx" ON "user_session"("made_with");
