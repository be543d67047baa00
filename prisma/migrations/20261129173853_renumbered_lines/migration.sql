-- CreateTable
CREATE TABLE "renumbered_line" (
    "attempt_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "given" BIGINT NOT NULL,

    CONSTRAINT "renumbered_line_pkey" PRIMARY KEY ("attempt_id","seq")
);

-- CreateIndex
CREATE INDEX "renumbered_line_attempt_id_given_idx" ON "renumbered_line"("attempt_id", "given");

-- AddForeignKey
ALTER TABLE "renumbered_line" ADD CONSTRAINT "renumbered_line_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "install_attempt"("id") ON DELETE CASCADE ON UPDATE CASCADE;
