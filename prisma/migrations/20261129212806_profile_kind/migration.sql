-- CreateTable
CREATE TABLE "profile" (
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
    "title" TEXT NOT NULL,
    "installer" TEXT NOT NULL,
    "architecture" TEXT NOT NULL DEFAULT 'x86_64',
    "end_of_life" BOOLEAN NOT NULL DEFAULT false,
    "withdrawn" BOOLEAN NOT NULL DEFAULT false,
    "mirror" TEXT NOT NULL DEFAULT '',
    "sums" JSONB NOT NULL DEFAULT '{}',
    "files" JSONB NOT NULL DEFAULT '[]',
    "kernel_arguments" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "templates" JSONB NOT NULL DEFAULT '{}',
    "parameters" JSONB NOT NULL DEFAULT '[]',
    "needs" JSONB NOT NULL DEFAULT '{}',
    "disk" JSONB NOT NULL DEFAULT '{}',
    "stages" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "profile_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "profile_name_key" ON "profile"("name");

-- CreateIndex
CREATE INDEX "profile_cloud_environment_name_id_idx" ON "profile"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "profile_name_id_idx" ON "profile"("name", "id");

-- CreateIndex
CREATE INDEX "profile_created_at_id_idx" ON "profile"("created_at", "id");

-- CreateIndex
CREATE INDEX "profile_updated_at_id_idx" ON "profile"("updated_at", "id");

-- CreateIndex
CREATE INDEX "profile_label_tokens_idx" ON "profile" USING GIN ("label_tokens");
