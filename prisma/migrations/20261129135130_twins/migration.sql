-- CreateTable
CREATE TABLE "twin" (
    "server_id" UUID NOT NULL,
    "other_id" UUID NOT NULL,
    "because" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "twin_pkey" PRIMARY KEY ("server_id","other_id")
);

-- CreateIndex
CREATE INDEX "twin_other_id_idx" ON "twin"("other_id");

-- AddForeignKey
ALTER TABLE "twin" ADD CONSTRAINT "twin_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "twin" ADD CONSTRAINT "twin_other_id_fkey" FOREIGN KEY ("other_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;
