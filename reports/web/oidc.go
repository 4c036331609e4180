package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"candor/reports/store"
)

// Provider lets people in who are known to an OpenID provider.
type Provider struct {
	Name     string
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
	secure   bool
}

// OpenProvider asks a provider for its configuration. redirect is this server's
// address with /login/oidc/callback.
func OpenProvider(ctx context.Context, name, issuer, clientID, secret, redirect string, secure bool) (*Provider, error) {
	p, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("the OpenID provider %s: %w", issuer, err)
	}
	return &Provider{
		Name:     name,
		config:   oauth2.Config{ClientID: clientID, ClientSecret: secret, Endpoint: p.Endpoint(), RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier: p.Verifier(&oidc.Config{ClientID: clientID}),
		secure:   secure,
	}, nil
}

// stateCookie binds an answer of the provider to the browser that asked.
const stateCookie = "candor-login"

func (p *Provider) start(w http.ResponseWriter, r *http.Request) error {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	http.SetCookie(w, &http.Cookie{Name: stateCookie, Value: state + "." + nonce + "." + verifier, Path: "/login/oidc", MaxAge: int((10 * time.Minute).Seconds()), Secure: p.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

// subject is who the provider says somebody is: issuer and subject.
func (p *Provider) subject(r *http.Request) (string, error) {
	c, err := r.Cookie(stateCookie)
	if err != nil {
		return "", errors.New("this log-in was not begun here, or more than 10 minutes ago")
	}
	var state, nonce, verifier string
	if _, err := fmt.Sscanf(spaced(c.Value), "%s %s %s", &state, &nonce, &verifier); err != nil || r.URL.Query().Get("state") != state {
		return "", errors.New("the answer of the provider belongs to another log-in")
	}
	token, err := p.config.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return "", errors.New("the provider did not confirm the log-in")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verifier.Verify(r.Context(), raw)
	if err != nil || id.Nonce != nonce {
		return "", errors.New("the provider's answer could not be verified")
	}
	return id.Issuer + " " + id.Subject, nil
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
	subject, err := s.OIDC.subject(r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return s.showLogin(w, loginView{Next: "/", Failure: err.Error()})
	}
	p, err := s.Store.BySubject(r.Context(), subject)
	if errors.Is(err, store.ErrNotFound) {
		w.WriteHeader(http.StatusForbidden)
		return s.showLogin(w, loginView{Next: "/", Failure: "You are known to the provider, but nobody has added you here. Give an administrator this line: " + subject})
	}
	if err != nil {
		return err
	}
	return s.letIn(w, r, p, "/")
}
