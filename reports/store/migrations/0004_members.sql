-- Who may do what in which organisation. Administrators need no row.

-- +goose Up
CREATE TABLE members (
	organisation TEXT NOT NULL REFERENCES organisations(id),
	person TEXT NOT NULL REFERENCES people(id),
	role TEXT NOT NULL,
	PRIMARY KEY (organisation, person)
);
CREATE INDEX members_person ON members(person);
-- Until now a role was held everywhere.
INSERT INTO members(organisation, person, role) SELECT organisations.id, people.id, people.role FROM organisations, people WHERE people.role <> 'admin';
UPDATE people SET role = 'member' WHERE role <> 'admin';
-- A token may be kept to one organisation.
ALTER TABLE passes ADD COLUMN organisation TEXT NOT NULL DEFAULT '';
-- What people did with one finding.
CREATE INDEX audit_object ON audit(object);
CREATE INDEX findings_due ON findings(due_at);

-- +goose Down
DROP INDEX findings_due;
DROP INDEX audit_object;
ALTER TABLE passes DROP COLUMN organisation;
UPDATE people SET role = 'viewer' WHERE role = 'member';
DROP TABLE members;
