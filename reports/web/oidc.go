package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"candor/reports/plain"
	"candor/reports/store"
)

// Provider lets people in who are known to an OpenID provider (OpenID Connect
// Core 1.0, code flow with PKCE, RFC 7636).
type Provider struct {
	ProviderOptions
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// ProviderOptions say which provider, and what its groups may do here.
type ProviderOptions struct {
	Name             string // on the log-in page
	Issuer           string
	ClientID, Secret string
	Redirect         string // this server's address with /login/oidc/callback
	Secure           bool   // cookies only by https
	// Grants say what groups of the provider may do. With any, the provider decides
	// who may do what, at each log-in; without, an administrator adds each person
	// by subject.
	Grants []Grant
	Claim  string // of the token that lists groups; "" is groups
}

// Grant is what a group may do: a role in an organisation, or Admin.
type Grant struct {
	Group        string
	Role         store.Role
	Organisation string // its name; "" with Admin
}

// ParseGrant reads GROUP=ROLE@ORGANISATION or GROUP=admin.
func ParseGrant(text string) (Grant, error) {
	i := strings.LastIndex(text, "=")
	if i <= 0 {
		return Grant{}, errors.New("expected GROUP=ROLE@ORGANISATION or GROUP=admin")
	}
	role, organisation, named := strings.Cut(text[i+1:], "@")
	g := Grant{Group: text[:i], Role: store.Role(role), Organisation: organisation}
	switch {
	case g.Role == store.Admin && !named:
	case !slices.Contains(store.MemberRoles, g.Role):
		return Grant{}, fmt.Errorf("role %q: expected viewer, reviewer, owner or approver with @ORGANISATION, or admin without", role)
	case organisation == "":
		return Grant{}, fmt.Errorf("the role %s needs an organisation: %s=%s@ORGANISATION", role, g.Group, role)
	}
	return g, nil
}

// OpenProvider asks a provider for its configuration.
func OpenProvider(ctx context.Context, o ProviderOptions) (*Provider, error) {
	p, err := oidc.NewProvider(ctx, o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the OpenID provider %s: %w", o.Issuer, err)
	}
	return &Provider{
		ProviderOptions: o,
		config:          oauth2.Config{ClientID: o.ClientID, ClientSecret: o.Secret, Endpoint: p.Endpoint(), RedirectURL: o.Redirect, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier:        p.Verifier(&oidc.Config{ClientID: o.ClientID}),
	}, nil
}

// stateCookie binds an answer of the provider to the browser that asked.
const stateCookie = "candor-login"

func (p *Provider) start(w http.ResponseWriter, r *http.Request) error {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Value: state + "." + nonce + "." + verifier, Path: "/login/oidc", MaxAge: int((10 * time.Minute).Seconds()), Secure: p.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

// known is somebody as the provider tells of them.
type known struct {
	subject string // issuer and subject
	name    string
	groups  []string
}

// answer reads the provider's answer to a log-in that began in this browser.
func (p *Provider) answer(r *http.Request) (known, error) {
	c, err := r.Cookie(stateCookie)
	if err != nil {
		return known{}, errors.New("this log-in was not begun here, or more than 10 minutes ago")
	}
	var state, nonce, verifier string
	if _, err := fmt.Sscanf(spaced(c.Value), "%s %s %s", &state, &nonce, &verifier); err != nil || r.URL.Query().Get("state") != state {
		return known{}, errors.New("the answer of the provider belongs to another log-in")
	}
	if r.URL.Query().Get("error") != "" {
		return known{}, errors.New("the provider did not let you in")
	}
	token, err := p.config.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return known{}, errors.New("the provider did not confirm the log-in")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verifier.Verify(r.Context(), raw)
	if err != nil || id.Nonce != nonce || id.Subject == "" {
		return known{}, errors.New("the provider's answer could not be verified")
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return known{}, errors.New("the provider's answer could not be read")
	}
	k := known{subject: id.Issuer + " " + id.Subject}
	for _, claim := range []string{"preferred_username", "email", "name"} {
		if text, ok := claims[claim].(string); ok && k.name == "" {
			k.name = plain.Cut(plain.Visible(strings.TrimSpace(text)), 100)
		}
	}
	switch list := claims[cmp.Or(p.Claim, "groups")].(type) {
	case string:
		k.groups = []string{list}
	case []any:
		for _, g := range list {
			if text, ok := g.(string); ok {
				k.groups = append(k.groups, text)
			}
		}
	}
	return k, nil
}

func spaced(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '.' {
			b[i] = ' '
		}
	}
	return string(b)
}

func (s *server) oidcBack(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Path: "/login/oidc", MaxAge: -1, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	k, err := s.OIDC.answer(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return s.showLogin(w, loginView{Next: "/", Failure: err.Error()})
	}
	find := s.Store.BySubject
	if len(s.OIDC.Grants) > 0 {
		find = func(ctx context.Context, _ string) (store.Person, error) { return s.byGroups(ctx, k) }
	}
	p, err := find(r.Context(), k.subject)
	if errors.Is(err, store.ErrNotFound) {
		if err := s.Store.Record(r.Context(), "somebody", "login.failed", plain.Cut(k.subject, 300), map[string]string{"from": peer(r)}); err != nil {
			return err
		}
		failure := "You are known to the provider, but nobody has added you here. Give an administrator this line: " + k.subject
		if len(s.OIDC.Grants) > 0 {
			failure = "You are known to the provider, but no group of yours is let in here, or an administrator has locked you out."
		}
		w.WriteHeader(http.StatusForbidden)
		return s.showLogin(w, loginView{Next: "/", Failure: failure})
	}
	if err != nil {
		return err
	}
	return s.letIn(w, r, p, "/")
}

// byGroups is somebody with what their groups may do, as the provider says it
// now: added when they come for the first time, changed when their groups have
// changed. Without a group that may do anything, it is ErrNotFound.
func (s *server) byGroups(ctx context.Context, k known) (store.Person, error) {
	organisations, err := s.Store.Organisations(ctx)
	if err != nil {
		return store.Person{}, err
	}
	want := store.Person{Name: k.name, Subject: k.subject, Role: store.Member, In: map[string]store.Role{}}
	for _, g := range s.OIDC.Grants {
		if !slices.Contains(k.groups, g.Group) {
			continue
		}
		if g.Role == store.Admin {
			want.Role = store.Admin
		}
		for _, o := range organisations {
			if o.Name == g.Organisation && !want.In[o.ID].May(g.Role) {
				want.In[o.ID] = g.Role
			}
		}
	}
	nothing := want.Role == store.Member && len(want.In) == 0
	have, err := s.Store.BySubjectAny(ctx, k.subject)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if nothing {
			return store.Person{}, store.ErrNotFound
		}
		p, err := s.Store.AddPerson(ctx, "provider", want, "")
		if errors.Is(err, store.ErrExists) || want.Name == "" { // names are labels, the subject is who it is
			want.Name = strings.TrimSpace(want.Name + " (" + k.subject + ")")
			p, err = s.Store.AddPerson(ctx, "provider", want, "")
		}
		return p, err
	case err != nil:
		return have, err
	case have.Disabled:
		return have, store.ErrNotFound
	}
	if have.Role != want.Role || !maps.Equal(have.In, want.In) {
		have.Role, have.In = want.Role, want.In
		if err := s.Store.ChangePerson(ctx, "provider", have); err != nil {
			return have, err
		}
	}
	if nothing {
		return have, store.ErrNotFound
	}
	return have, nil
}
