-- CreateTable
CREATE TABLE "secret" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "cloud" TEXT NOT NULL DEFAULT 'default',
    "environment" TEXT NOT NULL DEFAULT 'default',
    "labels" JSONB NOT NULL DEFAULT '{}',
    "label_tokens" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "version" BIGINT NOT NULL DEFAULT 1,
    "managers" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "description" TEXT NOT NULL DEFAULT '',
    "secret_ref" TEXT NOT NULL,

    CONSTRAINT "secret_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "secret_name_key" ON "secret"("name");

-- CreateIndex
CREATE INDEX "secret_cloud_environment_name_id_idx" ON "secret"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "secret_name_id_idx" ON "secret"("name", "id");

-- CreateIndex
CREATE INDEX "secret_created_at_id_idx" ON "secret"("created_at", "id");

-- CreateIndex
CREATE INDEX "secret_updated_at_id_idx" ON "secret"("updated_at", "id");

-- CreateIndex
CREATE INDEX "secret_label_tokens_idx" ON "secret" USING GIN ("label_tokens");
