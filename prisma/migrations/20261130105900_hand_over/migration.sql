-- AlterTable
ALTER TABLE "bastion_session" ADD COLUMN     "enrolment" UUID,
ADD COLUMN     "hand_over" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- Bastions that are there have joined: they have nothing from before.
UPDATE "bastion_session" SET "enrolment" = "bastion"."enrolment" FROM "bastion" WHERE "bastion"."id" = "bastion_session"."bastion_id";
