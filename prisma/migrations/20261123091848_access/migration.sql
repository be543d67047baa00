-- DropForeignKey
ALTER TABLE "api_token" DROP CONSTRAINT "api_token_user_id_fkey";

-- DropForeignKey
ALTER TABLE "permission" DROP CONSTRAINT "permission_role_id_fkey";

-- DropForeignKey
ALTER TABLE "user_role" DROP CONSTRAINT "user_role_role_id_fkey";

-- DropForeignKey
ALTER TABLE "user_role" DROP CONSTRAINT "user_role_user_id_fkey";

-- DropIndex
DROP INDEX "agent_server_id_idx";

-- AlterTable
ALTER TABLE "agent" ADD COLUMN     "enrolment" UUID,
ADD COLUMN     "label_tokens" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "labels" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "managers" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "bastion" ADD COLUMN     "enrolment" UUID;

-- AlterTable
ALTER TABLE "lab_role" ADD COLUMN     "permissions" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "user_session" DROP COLUMN "revoked_at",
ADD COLUMN     "purpose" TEXT NOT NULL DEFAULT 'SESSION',
ADD COLUMN     "version" BIGINT NOT NULL DEFAULT 1,
ALTER COLUMN "user_id" DROP NOT NULL,
ALTER COLUMN "address" SET NOT NULL,
ALTER COLUMN "address" SET DEFAULT '',
ALTER COLUMN "agent" SET NOT NULL,
ALTER COLUMN "agent" SET DEFAULT '';

-- DropTable
DROP TABLE "api_token";

-- DropTable
DROP TABLE "join_token";

-- DropTable
DROP TABLE "permission";

-- DropTable
DROP TABLE "user_role";

-- CreateTable
CREATE TABLE "role_binding" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "role_id" UUID,
    "granted_by" TEXT NOT NULL DEFAULT '',
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_binding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "token" (
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
    "purpose" TEXT NOT NULL,
    "user_id" UUID,
    "subject" TEXT,
    "prefix" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "uses_left" INT4,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "authority" (
    "id" INT4 NOT NULL,
    "certificate" TEXT NOT NULL,
    "private_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "authority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "seal" (
    "up_to" BIGINT NOT NULL,
    "after" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "seal_pkey" PRIMARY KEY ("up_to")
);

-- CreateIndex
CREATE INDEX "role_binding_user_id_created_at_id_idx" ON "role_binding"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "role_binding_role_id_created_at_id_idx" ON "role_binding"("role_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "role_binding_created_at_id_idx" ON "role_binding"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "role_binding_user_id_role_id_key" ON "role_binding"("user_id", "role_id");

-- CreateIndex
CREATE UNIQUE INDEX "token_name_key" ON "token"("name");

-- CreateIndex
CREATE UNIQUE INDEX "token_token_hash_key" ON "token"("token_hash");

-- CreateIndex
CREATE INDEX "token_user_id_name_id_idx" ON "token"("user_id", "name", "id");

-- CreateIndex
CREATE INDEX "token_cloud_environment_name_id_idx" ON "token"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "token_name_id_idx" ON "token"("name", "id");

-- CreateIndex
CREATE INDEX "token_created_at_id_idx" ON "token"("created_at", "id");

-- CreateIndex
CREATE INDEX "token_updated_at_id_idx" ON "token"("updated_at", "id");

-- CreateIndex
CREATE INDEX "token_label_tokens_idx" ON "token" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "seal_after_key" ON "seal"("after");

-- CreateIndex
CREATE INDEX "agent_server_id_name_id_idx" ON "agent"("server_id", "name", "id");

-- CreateIndex
CREATE INDEX "agent_cloud_environment_name_id_idx" ON "agent"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "agent_updated_at_id_idx" ON "agent"("updated_at", "id");

-- CreateIndex
CREATE INDEX "agent_label_tokens_idx" ON "agent" USING GIN ("label_tokens");

-- CreateIndex
CREATE INDEX "user_session_created_at_id_idx" ON "user_session"("created_at", "id");

-- CreateIndex
CREATE INDEX "user_session_expires_at_idx" ON "user_session"("expires_at");

-- AddForeignKey
ALTER TABLE "role_binding" ADD CONSTRAINT "role_binding_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "lab_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_binding" ADD CONSTRAINT "role_binding_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "lab_role"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "token" ADD CONSTRAINT "token_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "lab_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;
