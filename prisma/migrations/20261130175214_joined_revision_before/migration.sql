-- Bastions that still hand something over joined at the revision of that time, as far as clocks tell.
UPDATE "bastion_session" SET "joined_revision" = COALESCE((SELECT max("rev") FROM "change" WHERE "change"."at" < "bastion_session"."joined_at"), 0) WHERE "hand_over" > "acknowledged";
