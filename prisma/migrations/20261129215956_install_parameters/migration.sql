-- AlterTable
ALTER TABLE "cluster" ADD COLUMN     "install" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "install_attempt" ADD COLUMN     "disk" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "files" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "parameters" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "revision" TEXT;

-- AlterTable
ALTER TABLE "server" ADD COLUMN     "install" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "server_disk" ADD COLUMN     "partitions" INT4,
ADD COLUMN     "removable" BOOLEAN,
ADD COLUMN     "rotational" BOOLEAN,
ADD COLUMN     "transport" TEXT,
ADD COLUMN     "wwn" TEXT;
