package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Access is what somebody may do where.
type Access struct {
	All Role            // in every organisation: an administrator's; "" for others
	In  map[string]Role // by id of the organisation
}

// Role is what somebody may do in an organisation, "" when nothing.
func (a Access) Role(organisation string) Role {
	if a.All != "" {
		return a.All
	}
	return a.In[organisation]
}

// Most is the most that somebody may do anywhere.
func (a Access) Most() Role {
	most := a.All
	for _, r := range a.In {
		if r.May(Viewer) && !most.May(r) {
			most = r
		}
	}
	return most
}

// within is the part of an access that a pass gives: no more than its role, and
// in no organisation but its own when it has one.
func (a Access) within(p Pass) Access {
	out := Access{In: map[string]Role{}}
	if p.Organisation != "" {
		out.In[p.Organisation] = lesser(a.Role(p.Organisation), p.Role)
		return out
	}
	if a.All != "" {
		out.All = lesser(a.All, p.Role)
	}
	for o, r := range a.In {
		out.In[o] = lesser(r, p.Role)
	}
	return out
}

func lesser(a, b Role) Role {
	if a.May(b) {
		return b
	}
	return a
}

type accessKey struct{}

// Seeing returns a context whose reads see only what is of organisations in which
// somebody may read. Without an access they see everything, as workers do.
func Seeing(ctx context.Context, a Access) context.Context {
	return context.WithValue(ctx, accessKey{}, a)
}

// organisations are those that a context's reads see, by id; all reports whether
// it sees every one.
func organisations(ctx context.Context) (ids []string, all bool) {
	a, ok := ctx.Value(accessKey{}).(Access)
	if !ok || a.All.May(Viewer) {
		return nil, true
	}
	for _, id := range slices.Sorted(maps.Keys(a.In)) {
		if a.In[id].May(Viewer) {
			ids = append(ids, id)
		}
	}
	return ids, false
}

// among is a condition that a column holds the id of an organisation that a
// context's reads see.
func among(ctx context.Context, column string) (string, []any) {
	ids, all := organisations(ctx)
	if all {
		return "1 = 1", nil
	}
	if len(ids) == 0 {
		return "1 = 0", nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return column + " IN (?" + strings.Repeat(", ?", len(ids)-1) + ")", args
}

// seen is a condition that a column holds the id of a site that a context's reads
// see.
func seen(ctx context.Context, column string) (string, []any) {
	if _, all := organisations(ctx); all {
		return "1 = 1", nil
	}
	of, args := among(ctx, "organisation")
	return column + " IN (SELECT id FROM sites WHERE " + of + ")", args
}

// Thing is a kind of what belongs to an organisation.
type Thing string

// The things.
const (
	AnOrganisation Thing = "organisation"
	ASite          Thing = "site"
	AScan          Thing = "scan"
	ASchedule      Thing = "schedule"
	ASuppression   Thing = "suppression"
)

var ownerQueries = map[Thing]string{
	AnOrganisation: `SELECT id FROM organisations WHERE id = ?`,
	ASite:          `SELECT organisation FROM sites WHERE id = ?`,
	AScan:          `SELECT organisation FROM sites WHERE id = (SELECT site FROM scans WHERE id = ?)`,
	ASchedule:      `SELECT organisation FROM sites WHERE id = (SELECT site FROM schedules WHERE id = ?)`,
	ASuppression:   `SELECT organisation FROM sites WHERE id = (SELECT site FROM suppressions WHERE id = ?)`,
}

// OrganisationOf returns the id of the organisation that a thing belongs to,
// whoever asks. What was deleted with its site still belongs to it.
func (s *Store) OrganisationOf(ctx context.Context, kind Thing, id string) (string, error) {
	query, ok := ownerQueries[kind]
	if !ok {
		return "", fmt.Errorf("a %s belongs to no organisation", kind)
	}
	var out string
	err := s.reader().QueryRowContext(ctx, s.sql(query), id).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("the organisation of the %s %s: %w", kind, id, err)
	}
	return out, nil
}

// memberships are the roles of a person by organisation.
func (s *Store) memberships(ctx context.Context, q querier, person string) (map[string]Role, error) {
	out := map[string]Role{}
	err := s.rows(ctx, q, `SELECT organisation, role FROM members WHERE person = ?`, func(row func(...any) error) error {
		var organisation string
		var role Role
		err := row(&organisation, &role)
		out[organisation] = role
		return err
	}, person)
	return out, err
}

// setMembers gives a person exactly these roles.
func (s *Store) setMembers(ctx context.Context, tx *sql.Tx, person string, in map[string]Role) error {
	if _, err := s.exec(ctx, tx, `DELETE FROM members WHERE person = ?`, person); err != nil {
		return err
	}
	for _, organisation := range slices.Sorted(maps.Keys(in)) {
		if err := s.there(ctx, tx, `SELECT 1 FROM organisations WHERE id = ?`, organisation); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO members(organisation, person, role) VALUES(?, ?, ?)`, organisation, person, string(in[organisation])); err != nil {
			return err
		}
	}
	return nil
}
