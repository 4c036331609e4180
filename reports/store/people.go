package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Role is what somebody may do. Each may do what those before it may.
type Role string

// The roles, from the one that may do least.
const (
	Viewer   Role = "viewer"   // reads
	Reviewer Role = "reviewer" // reviews findings, asks for scans
	Owner    Role = "owner"    // adds and changes sites and schedules
	Approver Role = "approver" // suppresses findings
	Admin    Role = "admin"    // people, settings; in every organisation
)

// Member is the role of a person who may do what organisations let them, and
// nothing else.
const Member Role = "member"

// Roles are all, from the one that may do least.
var Roles = []Role{Viewer, Reviewer, Owner, Approver, Admin}

// MemberRoles are those that somebody can have in one organisation.
var MemberRoles = []Role{Viewer, Reviewer, Owner, Approver}

// May reports whether a role may do what another may.
func (r Role) May(what Role) bool {
	have, need := slices.Index(Roles, r), slices.Index(Roles, what)
	return have >= 0 && need >= 0 && have >= need
}

// Person is somebody who can log in.
type Person struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Subject   string    `json:"subject"` // of an OpenID provider: issuer and subject; "" for a local one
	Role      Role      `json:"role"`    // Admin or Member
	CreatedAt time.Time `json:"created_at"`
	Disabled  bool      `json:"disabled"`
	// In is their role in each organisation, by its id. An administrator needs none.
	In map[string]Role `json:"organisations"`
}

// Access is what somebody may do where.
func (p Person) Access() Access {
	a := Access{In: p.In}
	if p.Role == Admin {
		a.All = Admin
	}
	return a
}

const (
	minPassword = 12
	maxPassword = 1024
)

// hashPassword is argon2id with 2 passes over 19 MiB, the least that OWASP's
// password storage cheat sheet names, so that several log-ins at once fit in
// memory.
func hashPassword(password string, random io.Reader) (string, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	b := base64.RawStdEncoding
	return "argon2id$2$19456$1$" + b.EncodeToString(salt) + "$" + b.EncodeToString(argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32)), nil
}

func rightPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "argon2id" {
		return false
	}
	b := base64.RawStdEncoding
	salt, err1 := b.DecodeString(parts[4])
	want, err2 := b.DecodeString(parts[5])
	if err1 != nil || err2 != nil {
		return false
	}
	return subtle.ConstantTimeCompare(want, argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32)) == 1
}

// nobody is what a password is compared with when there is no such person, so
// that an answer takes as long.
const nobody = "argon2id$2$19456$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Check says what is wrong with somebody who is to be added, nil when nothing is.
func (p Person) Check(password string) error {
	if err := p.CheckRoles(); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(p.Name) == "":
		return errors.New("the name is missing")
	case p.Subject == "":
		return CheckPassword(password)
	}
	return nil
}

// CheckPassword says what is wrong with a new password, nil when nothing is.
func CheckPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || len(password) > maxPassword {
		return fmt.Errorf("the password has %d characters: expected %d to %d", n, minPassword, maxPassword)
	}
	return nil
}

// CheckRoles says what is wrong with somebody's roles, nil when nothing is.
func (p Person) CheckRoles() error {
	if p.Role != Admin && p.Role != Member {
		return fmt.Errorf("role %q: expected admin or member; what a member may do is said for each organisation", p.Role)
	}
	for _, r := range p.In {
		if !slices.Contains(MemberRoles, r) {
			return fmt.Errorf("role %q in an organisation: expected one of viewer, reviewer, owner, approver", r)
		}
	}
	return nil
}

// AddPerson adds somebody: with a password, or with a Subject of an OpenID
// provider. A name that is taken is ErrExists.
func (s *Store) AddPerson(ctx context.Context, actor string, p Person, password string) (Person, error) {
	p.ID, p.CreatedAt = s.newID(), s.now().UTC()
	hash, err := "", p.Check(password)
	if err == nil && p.Subject == "" {
		hash, err = hashPassword(password, rand.Reader)
	}
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			_, err := s.exec(ctx, tx, `INSERT INTO people(id, name, subject, role, password, created_at) VALUES(?, ?, ?, ?, ?, ?)`, p.ID, p.Name, p.Subject, string(p.Role), hash, ms(p.CreatedAt))
			if taken(err) {
				return ErrExists
			}
			if err == nil {
				err = s.setMembers(ctx, tx, p.ID, p.In)
			}
			if err != nil {
				return err
			}
			return s.record(ctx, tx, actor, "person.add", p.ID, map[string]any{"name": p.Name, "role": p.Role, "organisations": p.In})
		})
	}
	if err != nil {
		return Person{}, fmt.Errorf("add %q: %w", p.Name, err)
	}
	return p, nil
}

const personColumns = `id, name, subject, role, created_at, disabled`

func readPerson(row func(...any) error, more ...any) (Person, error) {
	var p Person
	var created, disabled int64
	err := row(append([]any{&p.ID, &p.Name, &p.Subject, &p.Role, &created, &disabled}, more...)...)
	p.CreatedAt, p.Disabled = at(created), disabled != 0
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return p, err
}

// People are all, by name.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	out, at := []Person{}, map[string]int{}
	err := s.rows(ctx, s.reader(), `SELECT `+personColumns+` FROM people ORDER BY name`, func(row func(...any) error) error {
		p, err := readPerson(row)
		p.In, at[p.ID] = map[string]Role{}, len(out)
		out = append(out, p)
		return err
	})
	if err == nil {
		err = s.rows(ctx, s.reader(), `SELECT person, organisation, role FROM members`, func(row func(...any) error) error {
			var person, organisation string
			var role Role
			err := row(&person, &organisation, &role)
			if i, ok := at[person]; ok {
				out[i].In[organisation] = role
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return out, nil
}

// Person returns somebody by id.
func (s *Store) Person(ctx context.Context, id string) (Person, error) {
	return s.person(ctx, `id = ?`, id)
}

func (s *Store) person(ctx context.Context, where string, args ...any) (Person, error) {
	p, err := readPerson(s.reader().QueryRowContext(ctx, s.sql(`SELECT `+personColumns+` FROM people WHERE `+where), args...).Scan)
	if err == nil {
		p.In, err = s.memberships(ctx, s.reader(), p.ID)
	}
	if err != nil {
		return Person{}, fmt.Errorf("look up a person: %w", err)
	}
	return p, nil
}

// ErrLastAdmin says that there would be no administrator left.
var ErrLastAdmin = errors.New("there would be no administrator left")

// ChangePerson changes somebody's role, their roles in organisations and whether
// they can log in. Their sessions and tokens end. The last administrator stays
// one: ErrLastAdmin.
func (s *Store) ChangePerson(ctx context.Context, actor string, p Person) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := p.CheckRoles(); err != nil {
			return err
		}
		if err := s.one(ctx, tx, `UPDATE people SET role = ?, disabled = ? WHERE id = ?`, string(p.Role), bit(p.Disabled), p.ID); err != nil {
			return err
		}
		if err := s.there(ctx, tx, `SELECT 1 FROM people WHERE role = 'admin' AND disabled = 0`); errors.Is(err, ErrNotFound) {
			return ErrLastAdmin
		} else if err != nil {
			return err
		}
		if err := s.setMembers(ctx, tx, p.ID, p.In); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `DELETE FROM passes WHERE person = ?`, p.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "person.change", p.ID, map[string]any{"role": p.Role, "organisations": p.In, "disabled": p.Disabled})
	})
	if err != nil {
		return fmt.Errorf("change %s: %w", p.ID, err)
	}
	return nil
}

// Login returns who has this name and password, or ErrNotFound, after the same
// time whichever of the two is wrong.
func (s *Store) Login(ctx context.Context, name, password string) (Person, error) {
	var hash string
	p, err := readPerson(s.reader().QueryRowContext(ctx, s.sql(`SELECT `+personColumns+`, password FROM people WHERE name = ?`), name).Scan, &hash)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Person{}, fmt.Errorf("log in: %w", err)
	}
	if err != nil || hash == "" {
		hash = nobody
	}
	if len(password) > maxPassword || !rightPassword(hash, password) || hash == nobody || p.Disabled {
		return Person{}, ErrNotFound
	}
	return p, nil
}

// BySubject returns who has this subject of an OpenID provider.
func (s *Store) BySubject(ctx context.Context, subject string) (Person, error) {
	return s.person(ctx, `subject = ? AND subject <> '' AND disabled = 0`, subject)
}

// BySubjectAny is BySubject, of somebody too who cannot log in.
func (s *Store) BySubjectAny(ctx context.Context, subject string) (Person, error) {
	return s.person(ctx, `subject = ? AND subject <> ''`, subject)
}

// SetPassword gives somebody who logs in by password another one. Their other
// sessions end; keep is the id of the one that stays. Somebody who logs in by a
// provider is ErrNotFound.
func (s *Store) SetPassword(ctx context.Context, actor, person, password, keep string) error {
	hash, err := "", CheckPassword(password)
	if err == nil {
		hash, err = hashPassword(password, rand.Reader)
	}
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			if err := s.one(ctx, tx, `UPDATE people SET password = ? WHERE id = ? AND subject = ''`, hash, person); err != nil {
				return err
			}
			if _, err := s.exec(ctx, tx, `DELETE FROM passes WHERE person = ? AND kind = ? AND id <> ?`, person, string(Session), keep); err != nil {
				return err
			}
			return s.record(ctx, tx, actor, "person.password", person, nil)
		})
	}
	if err != nil {
		return fmt.Errorf("set a password: %w", err)
	}
	return nil
}

// EndSessions logs somebody out everywhere.
func (s *Store) EndSessions(ctx context.Context, actor, person string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, `DELETE FROM passes WHERE person = ? AND kind = ?`, person, string(Session)); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "session.end_all", person, nil)
	})
	if err != nil {
		return fmt.Errorf("log out everywhere: %w", err)
	}
	return nil
}

// PassKind is what a pass is.
type PassKind string

// The kinds.
const (
	Session PassKind = "session" // a cookie
	Token   PassKind = "token"   // of the API
	Link    PassKind = "link"    // read-only, to one object
)

// Pass lets somebody in.
type Pass struct {
	ID     string   `json:"id"`
	Kind   PassKind `json:"kind"`
	Person string   `json:"person"` // id; who made it
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Object string   `json:"object"` // of a link: the id of what it shows
	// Organisation keeps it to one organisation; "" is all of its person's.
	Organisation string    `json:"organisation"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	UsedAt       time.Time `json:"used_at"`
	// Access is what it lets do now: of its person, no more than Role, and only in
	// Organisation. Show fills it.
	Access Access `json:"-"`
}

// maxPass bounds how long a pass lasts.
const maxPass = 366 * 24 * time.Hour

// secretHash is enough for a secret of 256 random bits.
func secretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Issue makes a pass and returns its secret, which is kept nowhere.
func (s *Store) Issue(ctx context.Context, actor string, p Pass) (_ Pass, secret string, err error) {
	p.ID, p.CreatedAt = s.newID(), s.now().UTC()
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return Pass{}, "", err
	}
	secret = "candor_" + base64.RawURLEncoding.EncodeToString(b)
	if d := p.ExpiresAt.Sub(p.CreatedAt); d <= 0 || d > maxPass {
		return Pass{}, "", fmt.Errorf("a pass lasts up to %d days", int(maxPass.Hours()/24))
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, `INSERT INTO passes(hash, id, kind, person, name, role, object, organisation, created_at, expires_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			secretHash(secret), p.ID, string(p.Kind), p.Person, p.Name, string(p.Role), p.Object, p.Organisation, ms(p.CreatedAt), ms(p.ExpiresAt)); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, string(p.Kind)+".issue", p.ID, map[string]string{"name": p.Name, "role": string(p.Role), "object": p.Object, "organisation": p.Organisation})
	})
	if err != nil {
		return Pass{}, "", fmt.Errorf("issue a pass: %w", err)
	}
	return p, secret, nil
}

// idleTime is how long a session lasts that nobody uses.
const idleTime = 2 * time.Hour

// Show returns the pass that a secret is for, with what it lets do now, and counts
// that as a use of it. One that expired or was taken back, or whose person cannot
// log in any more, and a session that was not used for 2 hours, is ErrNotFound.
func (s *Store) Show(ctx context.Context, kind PassKind, secret string) (Pass, error) {
	p, err := s.Look(ctx, kind, secret)
	if err != nil {
		return Pass{}, err
	}
	if now := s.now(); now.Sub(p.UsedAt) > time.Minute { // often enough to see which are in use
		if _, err := s.exec(ctx, s.db, `UPDATE passes SET used_at = ? WHERE id = ?`, ms(now), p.ID); err != nil {
			return Pass{}, fmt.Errorf("look up a pass: %w", err)
		}
	}
	return p, nil
}

// Look returns what Show does, and is no use of the pass.
func (s *Store) Look(ctx context.Context, kind PassKind, secret string) (Pass, error) {
	var p Pass
	var created, expires, used, disabled int64
	var role Role
	err := s.reader().QueryRowContext(ctx, s.sql(`SELECT passes.id, kind, person, passes.name, passes.role, object, organisation, passes.created_at, expires_at, used_at, people.role, people.disabled
		FROM passes JOIN people ON people.id = passes.person WHERE hash = ? AND kind = ? AND expires_at > ?`), secretHash(secret), string(kind), ms(s.now())).
		Scan(&p.ID, &p.Kind, &p.Person, &p.Name, &p.Role, &p.Object, &p.Organisation, &created, &expires, &used, &role, &disabled)
	if errors.Is(err, sql.ErrNoRows) || err == nil && disabled != 0 {
		return Pass{}, ErrNotFound
	}
	if err != nil {
		return Pass{}, fmt.Errorf("look up a pass: %w", err)
	}
	p.CreatedAt, p.ExpiresAt, p.UsedAt = at(created), at(expires), at(used)
	if last := time.UnixMilli(max(created, used)); kind == Session && s.now().Sub(last) > idleTime {
		return Pass{}, ErrNotFound
	}
	in, err := s.memberships(ctx, s.reader(), p.Person)
	if err != nil {
		return Pass{}, fmt.Errorf("look up a pass: %w", err)
	}
	p.Access = Person{Role: role, In: in}.Access().within(p)
	return p, nil
}

// Revoke takes a pass back.
func (s *Store) Revoke(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `DELETE FROM passes WHERE id = ?`, id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "pass.revoke", id, nil)
	})
	if err != nil {
		return fmt.Errorf("revoke the pass %s: %w", id, err)
	}
	return nil
}

// Passes lists the passes of a kind that have not expired, of one person or of
// all with "", the latest first.
func (s *Store) Passes(ctx context.Context, kind PassKind, person string) ([]Pass, error) {
	out := []Pass{}
	err := s.rows(ctx, s.reader(), `SELECT id, kind, person, name, role, object, organisation, created_at, expires_at, used_at FROM passes WHERE kind = ? AND (person = ? OR ? = '') AND expires_at > ? ORDER BY created_at DESC, id`, func(row func(...any) error) error {
		var p Pass
		var created, expires, used int64
		err := row(&p.ID, &p.Kind, &p.Person, &p.Name, &p.Role, &p.Object, &p.Organisation, &created, &expires, &used)
		p.CreatedAt, p.ExpiresAt, p.UsedAt = at(created), at(expires), at(used)
		out = append(out, p)
		return err
	}, string(kind), person, person, ms(s.now()))
	if err != nil {
		return nil, fmt.Errorf("list passes: %w", err)
	}
	return out, nil
}
