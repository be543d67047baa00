-- CreateIndex
CREATE INDEX "install_attempt_profile_outcome_created_at_id_idx" ON "install_attempt"("profile", "outcome", "created_at", "id");
