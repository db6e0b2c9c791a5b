-- When an issue was resolved: what happened before has not come back.
-- deferrable:
ALTER TABLE "issues_issue" ADD COLUMN "resolved_at" {datetime} NULL;

-- backward:
ALTER TABLE "issues_issue" DROP COLUMN "resolved_at";
