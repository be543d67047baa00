-- CreateTable
CREATE TABLE "server" (
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
    "status" TEXT NOT NULL DEFAULT 'DISCOVERED',
    "status_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "role" TEXT,
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "maintenance" BOOLEAN NOT NULL DEFAULT false,
    "hostname" TEXT,
    "ip" INET,
    "os" TEXT,
    "arch" TEXT,
    "cpu_model" TEXT,
    "cpu_cores" INT4,
    "memory_gb" DOUBLE PRECISION,
    "vendor" TEXT,
    "product" TEXT,
    "serial" TEXT,
    "dmi_uuid" TEXT,
    "firmware" TEXT,
    "boot_mac" TEXT NOT NULL,
    "bastion_id" UUID,
    "held_since" TIMESTAMPTZ(3),

    CONSTRAINT "server_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "server_nic" (
    "id" UUID NOT NULL,
    "server_id" UUID,
    "name" TEXT NOT NULL,
    "mac" TEXT NOT NULL,
    "ip" INET,
    "state" TEXT NOT NULL DEFAULT 'UNKNOWN',
    "network_id" UUID,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "server_nic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "server_disk" (
    "id" UUID NOT NULL,
    "server_id" UUID,
    "name" TEXT NOT NULL,
    "size_gb" DOUBLE PRECISION,
    "model" TEXT,
    "serial" TEXT,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "server_disk_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "network" (
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
    "cidr" INET NOT NULL,
    "vlan" INT4 NOT NULL DEFAULT 0,
    "gateway" INET,
    "domain" TEXT,
    "dhcp_enabled" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "network_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster" (
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
    "kind" TEXT NOT NULL DEFAULT 'k3s',
    "endpoint" TEXT,
    "reported_health" TEXT,
    "reported_at" TIMESTAMPTZ(3),

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_member" (
    "id" UUID NOT NULL,
    "cluster_id" UUID,
    "server_id" UUID,
    "role" TEXT NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_member_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "vm" (
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
    "state" TEXT NOT NULL DEFAULT 'STOPPED',
    "vcpus" INT4 NOT NULL,
    "memory_gb" DOUBLE PRECISION NOT NULL,
    "server_id" UUID,

    CONSTRAINT "vm_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "vm_nic" (
    "id" UUID NOT NULL,
    "vm_id" UUID,
    "name" TEXT NOT NULL,
    "mac" TEXT,
    "ip" INET,
    "network_id" UUID,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "vm_nic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bastion" (
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
    "instance" TEXT,
    "protocol" INT4,
    "software" TEXT,
    "certificate_serial" TEXT,
    "certificate_expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "bastion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bastion_session" (
    "id" UUID NOT NULL,
    "bastion_id" UUID NOT NULL,
    "epoch" BIGINT NOT NULL,
    "instance" TEXT NOT NULL,
    "acknowledged" BIGINT NOT NULL DEFAULT 0,
    "snapshot_wanted" BOOLEAN NOT NULL DEFAULT false,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "bastion_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bastion_order" (
    "id" UUID NOT NULL,
    "bastion_id" UUID NOT NULL,
    "server_id" UUID,
    "kind" TEXT NOT NULL,
    "payload" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),
    "outcome" TEXT,

    CONSTRAINT "bastion_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sighting" (
    "server_id" UUID NOT NULL,
    "bastion_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sighting_pkey" PRIMARY KEY ("server_id","bastion_id")
);

-- CreateTable
CREATE TABLE "condition" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "cloud" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "subject_name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "detail" TEXT NOT NULL DEFAULT '',
    "status" BOOLEAN NOT NULL DEFAULT true,
    "reason" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "evidence" JSONB NOT NULL DEFAULT '{}',
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "condition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tombstone" (
    "id" UUID NOT NULL,
    "server_id" UUID NOT NULL,
    "bastion_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "dmi_uuid" TEXT,
    "serial" TEXT,
    "macs" TEXT[],
    "order_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "tombstone_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "install_attempt" (
    "id" UUID NOT NULL,
    "server_id" UUID,
    "number" INT4 NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "profile" TEXT NOT NULL,
    "role" TEXT,
    "phase" TEXT NOT NULL DEFAULT 'QUEUED',
    "outcome" TEXT,
    "from_status" TEXT NOT NULL,
    "disk_touched" BOOLEAN NOT NULL DEFAULT false,
    "secret_hash" TEXT,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,
    "phase_deadline" TIMESTAMPTZ(3),
    "hard_deadline" TIMESTAMPTZ(3),
    "paused_at" TIMESTAMPTZ(3),
    "failure_stage" TEXT,
    "failure_reason" TEXT,
    "failure_lines" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "log_total" BIGINT NOT NULL DEFAULT 0,
    "log_dropped" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "install_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "install_stage" (
    "id" UUID NOT NULL,
    "attempt_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "position" INT4 NOT NULL,
    "message" TEXT,
    "error" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "install_stage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "log_line" (
    "attempt_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "line" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_line_pkey" PRIMARY KEY ("attempt_id","seq")
);

-- CreateTable
CREATE TABLE "lab_user" (
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
    "email" TEXT,
    "password_hash" TEXT,
    "issuer" TEXT,
    "subject" TEXT,
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "lab_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lab_role" (
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
    "builtin" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "lab_role_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "permission" (
    "id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "cloud" TEXT NOT NULL DEFAULT '*',
    "environment" TEXT NOT NULL DEFAULT '*',
    "target" TEXT NOT NULL DEFAULT '*',

    CONSTRAINT "permission_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_role" (
    "user_id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "granted_by" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_role_pkey" PRIMARY KEY ("user_id","role_id")
);

-- CreateTable
CREATE TABLE "user_session" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "address" TEXT,
    "agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "prefix" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "join_token" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "cloud" TEXT NOT NULL DEFAULT 'default',
    "environment" TEXT NOT NULL DEFAULT 'default',
    "enrols" TEXT NOT NULL,
    "subject" TEXT,
    "prefix" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "uses_left" INT4 NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "join_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "cloud" TEXT NOT NULL DEFAULT 'default',
    "environment" TEXT NOT NULL DEFAULT 'default',
    "server_id" UUID,
    "certificate_serial" TEXT,
    "certificate_expires_at" TIMESTAMPTZ(3),
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "agent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stored_query" (
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
    "hash" TEXT NOT NULL,
    "document" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "stored_query_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "apply_set" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "cloud" TEXT NOT NULL DEFAULT 'default',
    "environment" TEXT NOT NULL DEFAULT 'default',
    "version" BIGINT NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "apply_set_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "apply_set_member" (
    "apply_set_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "object_id" UUID NOT NULL,

    CONSTRAINT "apply_set_member_pkey" PRIMARY KEY ("apply_set_id","kind","object_id")
);

-- CreateTable
CREATE TABLE "head" (
    "id" INT4 NOT NULL,
    "log_id" UUID NOT NULL,
    "rev" BIGINT NOT NULL,
    "compacted" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "change" (
    "rev" BIGINT NOT NULL,
    "tx_id" UUID NOT NULL,
    "n" INT4 NOT NULL,
    "kind" TEXT NOT NULL,
    "object_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "cloud" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL DEFAULT 'DONE',
    "before" JSONB,
    "after" JSONB,
    "shape" INT4 NOT NULL DEFAULT 1,
    "actor" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "address" TEXT NOT NULL DEFAULT '',
    "count" INT4 NOT NULL DEFAULT 1,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "change_pkey" PRIMARY KEY ("rev")
);

-- CreateTable
CREATE TABLE IF NOT EXISTS "migration_lease" (
    "id" INT4 NOT NULL,
    "holder" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "migration_lease_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "server_name_key" ON "server"("name");

-- CreateIndex
CREATE INDEX "server_cloud_environment_name_id_idx" ON "server"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "server_name_id_idx" ON "server"("name", "id");

-- CreateIndex
CREATE INDEX "server_status_id_idx" ON "server"("status", "id");

-- CreateIndex
CREATE INDEX "server_role_id_idx" ON "server"("role", "id");

-- CreateIndex
CREATE INDEX "server_created_at_id_idx" ON "server"("created_at", "id");

-- CreateIndex
CREATE INDEX "server_updated_at_id_idx" ON "server"("updated_at", "id");

-- CreateIndex
CREATE INDEX "server_bastion_id_name_id_idx" ON "server"("bastion_id", "name", "id");

-- CreateIndex
CREATE INDEX "server_boot_mac_idx" ON "server"("boot_mac");

-- CreateIndex
CREATE INDEX "server_dmi_uuid_idx" ON "server"("dmi_uuid");

-- CreateIndex
CREATE INDEX "server_serial_idx" ON "server"("serial");

-- CreateIndex
CREATE INDEX "server_label_tokens_idx" ON "server" USING GIN ("label_tokens");

-- CreateIndex
CREATE INDEX "server_nic_name_id_idx" ON "server_nic"("name", "id");

-- CreateIndex
CREATE INDEX "server_nic_mac_id_idx" ON "server_nic"("mac", "id");

-- CreateIndex
CREATE INDEX "server_nic_ip_id_idx" ON "server_nic"("ip", "id");

-- CreateIndex
CREATE INDEX "server_nic_network_id_name_id_idx" ON "server_nic"("network_id", "name", "id");

-- CreateIndex
CREATE INDEX "server_nic_server_id_name_id_idx" ON "server_nic"("server_id", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "server_nic_server_id_name_key" ON "server_nic"("server_id", "name");

-- CreateIndex
CREATE INDEX "server_disk_name_id_idx" ON "server_disk"("name", "id");

-- CreateIndex
CREATE INDEX "server_disk_serial_idx" ON "server_disk"("serial");

-- CreateIndex
CREATE INDEX "server_disk_server_id_name_id_idx" ON "server_disk"("server_id", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "server_disk_server_id_name_key" ON "server_disk"("server_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "network_name_key" ON "network"("name");

-- CreateIndex
CREATE INDEX "network_cloud_environment_name_id_idx" ON "network"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "network_name_id_idx" ON "network"("name", "id");

-- CreateIndex
CREATE INDEX "network_cidr_id_idx" ON "network"("cidr", "id");

-- CreateIndex
CREATE INDEX "network_vlan_id_idx" ON "network"("vlan", "id");

-- CreateIndex
CREATE INDEX "network_created_at_id_idx" ON "network"("created_at", "id");

-- CreateIndex
CREATE INDEX "network_updated_at_id_idx" ON "network"("updated_at", "id");

-- CreateIndex
CREATE INDEX "network_label_tokens_idx" ON "network" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "network_cloud_environment_cidr_vlan_key" ON "network"("cloud", "environment", "cidr", "vlan");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_name_key" ON "cluster"("name");

-- CreateIndex
CREATE INDEX "cluster_cloud_environment_name_id_idx" ON "cluster"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "cluster_name_id_idx" ON "cluster"("name", "id");

-- CreateIndex
CREATE INDEX "cluster_created_at_id_idx" ON "cluster"("created_at", "id");

-- CreateIndex
CREATE INDEX "cluster_updated_at_id_idx" ON "cluster"("updated_at", "id");

-- CreateIndex
CREATE INDEX "cluster_label_tokens_idx" ON "cluster" USING GIN ("label_tokens");

-- CreateIndex
CREATE INDEX "cluster_member_cluster_id_created_at_id_idx" ON "cluster_member"("cluster_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "cluster_member_server_id_created_at_id_idx" ON "cluster_member"("server_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "cluster_member_created_at_id_idx" ON "cluster_member"("created_at", "id");

-- CreateIndex
CREATE INDEX "cluster_member_role_id_idx" ON "cluster_member"("role", "id");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_member_cluster_id_server_id_key" ON "cluster_member"("cluster_id", "server_id");

-- CreateIndex
CREATE UNIQUE INDEX "vm_name_key" ON "vm"("name");

-- CreateIndex
CREATE INDEX "vm_cloud_environment_name_id_idx" ON "vm"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "vm_name_id_idx" ON "vm"("name", "id");

-- CreateIndex
CREATE INDEX "vm_state_id_idx" ON "vm"("state", "id");

-- CreateIndex
CREATE INDEX "vm_created_at_id_idx" ON "vm"("created_at", "id");

-- CreateIndex
CREATE INDEX "vm_updated_at_id_idx" ON "vm"("updated_at", "id");

-- CreateIndex
CREATE INDEX "vm_server_id_name_id_idx" ON "vm"("server_id", "name", "id");

-- CreateIndex
CREATE INDEX "vm_label_tokens_idx" ON "vm" USING GIN ("label_tokens");

-- CreateIndex
CREATE INDEX "vm_nic_vm_id_name_id_idx" ON "vm_nic"("vm_id", "name", "id");

-- CreateIndex
CREATE INDEX "vm_nic_network_id_name_id_idx" ON "vm_nic"("network_id", "name", "id");

-- CreateIndex
CREATE INDEX "vm_nic_name_id_idx" ON "vm_nic"("name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "vm_nic_vm_id_name_key" ON "vm_nic"("vm_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "bastion_name_key" ON "bastion"("name");

-- CreateIndex
CREATE INDEX "bastion_cloud_environment_name_id_idx" ON "bastion"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "bastion_name_id_idx" ON "bastion"("name", "id");

-- CreateIndex
CREATE INDEX "bastion_created_at_id_idx" ON "bastion"("created_at", "id");

-- CreateIndex
CREATE INDEX "bastion_updated_at_id_idx" ON "bastion"("updated_at", "id");

-- CreateIndex
CREATE INDEX "bastion_label_tokens_idx" ON "bastion" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "bastion_session_bastion_id_epoch_key" ON "bastion_session"("bastion_id", "epoch");

-- CreateIndex
CREATE INDEX "bastion_order_bastion_id_acknowledged_at_id_idx" ON "bastion_order"("bastion_id", "acknowledged_at", "id");

-- CreateIndex
CREATE INDEX "sighting_bastion_id_last_seen_at_idx" ON "sighting"("bastion_id", "last_seen_at");

-- CreateIndex
CREATE INDEX "condition_type_id_idx" ON "condition"("type", "id");

-- CreateIndex
CREATE INDEX "condition_since_id_idx" ON "condition"("since", "id");

-- CreateIndex
CREATE UNIQUE INDEX "condition_subject_kind_subject_id_type_detail_key" ON "condition"("subject_kind", "subject_id", "type", "detail");

-- CreateIndex
CREATE INDEX "tombstone_acknowledged_at_idx" ON "tombstone"("acknowledged_at");

-- CreateIndex
CREATE INDEX "tombstone_macs_idx" ON "tombstone" USING GIN ("macs");

-- CreateIndex
CREATE UNIQUE INDEX "tombstone_server_id_bastion_id_key" ON "tombstone"("server_id", "bastion_id");

-- CreateIndex
CREATE INDEX "install_attempt_created_at_id_idx" ON "install_attempt"("created_at", "id");

-- CreateIndex
CREATE INDEX "install_attempt_phase_id_idx" ON "install_attempt"("phase", "id");

-- CreateIndex
CREATE INDEX "install_attempt_phase_deadline_idx" ON "install_attempt"("phase_deadline");

-- CreateIndex
CREATE UNIQUE INDEX "install_attempt_server_id_number_key" ON "install_attempt"("server_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "install_stage_attempt_id_name_key" ON "install_stage"("attempt_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "lab_user_name_key" ON "lab_user"("name");

-- CreateIndex
CREATE INDEX "lab_user_cloud_environment_name_id_idx" ON "lab_user"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "lab_user_name_id_idx" ON "lab_user"("name", "id");

-- CreateIndex
CREATE INDEX "lab_user_created_at_id_idx" ON "lab_user"("created_at", "id");

-- CreateIndex
CREATE INDEX "lab_user_updated_at_id_idx" ON "lab_user"("updated_at", "id");

-- CreateIndex
CREATE INDEX "lab_user_label_tokens_idx" ON "lab_user" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "lab_user_issuer_subject_key" ON "lab_user"("issuer", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "lab_role_name_key" ON "lab_role"("name");

-- CreateIndex
CREATE INDEX "lab_role_cloud_environment_name_id_idx" ON "lab_role"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "lab_role_name_id_idx" ON "lab_role"("name", "id");

-- CreateIndex
CREATE INDEX "lab_role_created_at_id_idx" ON "lab_role"("created_at", "id");

-- CreateIndex
CREATE INDEX "lab_role_updated_at_id_idx" ON "lab_role"("updated_at", "id");

-- CreateIndex
CREATE INDEX "lab_role_label_tokens_idx" ON "lab_role" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "permission_role_id_action_cloud_environment_target_key" ON "permission"("role_id", "action", "cloud", "environment", "target");

-- CreateIndex
CREATE INDEX "user_role_role_id_idx" ON "user_role"("role_id");

-- CreateIndex
CREATE UNIQUE INDEX "user_session_token_hash_key" ON "user_session"("token_hash");

-- CreateIndex
CREATE INDEX "user_session_user_id_created_at_id_idx" ON "user_session"("user_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_name_key" ON "api_token"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token"("token_hash");

-- CreateIndex
CREATE INDEX "api_token_user_id_created_at_id_idx" ON "api_token"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "api_token_name_id_idx" ON "api_token"("name", "id");

-- CreateIndex
CREATE INDEX "api_token_created_at_id_idx" ON "api_token"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "join_token_name_key" ON "join_token"("name");

-- CreateIndex
CREATE UNIQUE INDEX "join_token_token_hash_key" ON "join_token"("token_hash");

-- CreateIndex
CREATE INDEX "join_token_name_id_idx" ON "join_token"("name", "id");

-- CreateIndex
CREATE INDEX "join_token_created_at_id_idx" ON "join_token"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "agent_name_key" ON "agent"("name");

-- CreateIndex
CREATE INDEX "agent_server_id_idx" ON "agent"("server_id");

-- CreateIndex
CREATE INDEX "agent_name_id_idx" ON "agent"("name", "id");

-- CreateIndex
CREATE INDEX "agent_created_at_id_idx" ON "agent"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "stored_query_name_key" ON "stored_query"("name");

-- CreateIndex
CREATE INDEX "stored_query_hash_idx" ON "stored_query"("hash");

-- CreateIndex
CREATE INDEX "stored_query_cloud_environment_name_id_idx" ON "stored_query"("cloud", "environment", "name", "id");

-- CreateIndex
CREATE INDEX "stored_query_name_id_idx" ON "stored_query"("name", "id");

-- CreateIndex
CREATE INDEX "stored_query_created_at_id_idx" ON "stored_query"("created_at", "id");

-- CreateIndex
CREATE INDEX "stored_query_updated_at_id_idx" ON "stored_query"("updated_at", "id");

-- CreateIndex
CREATE INDEX "stored_query_label_tokens_idx" ON "stored_query" USING GIN ("label_tokens");

-- CreateIndex
CREATE UNIQUE INDEX "apply_set_name_key" ON "apply_set"("name");

-- CreateIndex
CREATE INDEX "apply_set_member_kind_object_id_idx" ON "apply_set_member"("kind", "object_id");

-- CreateIndex
CREATE INDEX "change_kind_object_id_rev_idx" ON "change"("kind", "object_id", "rev");

-- CreateIndex
CREATE INDEX "change_at_idx" ON "change"("at");

-- CreateIndex
CREATE UNIQUE INDEX "change_tx_id_n_key" ON "change"("tx_id", "n");

-- AddForeignKey
ALTER TABLE "server" ADD CONSTRAINT "server_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "server_nic" ADD CONSTRAINT "server_nic_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "server_nic" ADD CONSTRAINT "server_nic_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "network"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "server_disk" ADD CONSTRAINT "server_disk_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_member" ADD CONSTRAINT "cluster_member_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_member" ADD CONSTRAINT "cluster_member_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm" ADD CONSTRAINT "vm_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm_nic" ADD CONSTRAINT "vm_nic_vm_id_fkey" FOREIGN KEY ("vm_id") REFERENCES "vm"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vm_nic" ADD CONSTRAINT "vm_nic_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "network"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bastion_session" ADD CONSTRAINT "bastion_session_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bastion_order" ADD CONSTRAINT "bastion_order_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sighting" ADD CONSTRAINT "sighting_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sighting" ADD CONSTRAINT "sighting_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tombstone" ADD CONSTRAINT "tombstone_bastion_id_fkey" FOREIGN KEY ("bastion_id") REFERENCES "bastion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "install_attempt" ADD CONSTRAINT "install_attempt_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "install_stage" ADD CONSTRAINT "install_stage_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "install_attempt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "log_line" ADD CONSTRAINT "log_line_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "install_attempt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "permission" ADD CONSTRAINT "permission_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "lab_role"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_role" ADD CONSTRAINT "user_role_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "lab_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_role" ADD CONSTRAINT "user_role_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "lab_role"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_session" ADD CONSTRAINT "user_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "lab_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "lab_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent" ADD CONSTRAINT "agent_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "server"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "apply_set_member" ADD CONSTRAINT "apply_set_member_apply_set_id_fkey" FOREIGN KEY ("apply_set_id") REFERENCES "apply_set"("id") ON DELETE CASCADE ON UPDATE CASCADE;
