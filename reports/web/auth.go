package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"candor/reports/plain"
	"candor/reports/store"
)

// who is somebody that was let in.
type who struct {
	pass store.Pass
	name string
	role store.Role // where they are: in the organisation of what is shown, or the most that they have
}

var (
	errNobody  = errors.New("nobody is logged in")
	errTooMany = errors.New("too many tries")
)

// sessionTime is how long a log-in lasts.
const sessionTime = 12 * time.Hour

// cookieName is bound to the host by its prefix where there is https (RFC 6265bis).
func (s *server) cookieName() string {
	if s.Secure {
		return "__Host-candor"
	}
	return "candor"
}

// who reads a session's cookie.
func (s *server) who(r *http.Request) (who, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return who{}, errNobody
	}
	p, err := s.Store.Show(r.Context(), store.Session, c.Value)
	if errors.Is(err, store.ErrNotFound) {
		return who{}, errNobody
	}
	return who{pass: p, name: p.Name}, err
}

func (s *server) toLogin(w http.ResponseWriter, r *http.Request) error {
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// local keeps a way back on this server.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return u.RequestURI()
}

type loginView struct {
	Next, Name, Failure string
	OIDC                string // name of the provider; "" without one
}

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLogin(w, loginView{Next: local(r.URL.Query().Get("next"))})
}

func (s *server) showLogin(w http.ResponseWriter, v loginView) error {
	if s.OIDC != nil {
		v.OIDC = s.OIDC.Name
	}
	return s.pages.render(w, "login", view{Title: "Log in", Data: v})
}

func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return wrong{err}
	}
	v := loginView{Next: local(r.PostForm.Get("next")), Name: r.PostForm.Get("name")}
	if !s.mayTry(r, v.Name) {
		v.Failure = "Too many tries. Wait a minute, then try again."
		w.WriteHeader(http.StatusTooManyRequests)
		return s.showLogin(w, v)
	}
	select { // a password's hash takes 19 MiB
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	p, err := s.Store.Login(r.Context(), v.Name, r.PostForm.Get("password"))
	if errors.Is(err, store.ErrNotFound) {
		if err := s.Store.Record(r.Context(), "somebody", "login.failed", plain.Cut(v.Name, 100), map[string]string{"from": peer(r)}); err != nil {
			return err
		}
		v.Failure = "The name or the password is wrong."
		w.WriteHeader(http.StatusUnauthorized)
		return s.showLogin(w, v)
	}
	if err != nil {
		return err
	}
	s.remember(w, p.Name)
	return s.letIn(w, r, p, v.Next)
}

// Tries to log in, a minute.
const (
	triesOfAddress = 20 // from one address, whatever the names
	triesOfPair    = 5  // of one name from one address
	triesOfName    = 30 // of one name from all addresses that nobody has logged in from with it
)

// mayTry bounds tries to log in. Who guesses a password from many addresses is
// slowed down, and cannot lock its owner out: a browser that has logged in with a
// name before does not share that name's bound (OWASP's device cookies).
func (s *server) mayTry(r *http.Request, name string) bool {
	if !s.limiter.allow("address "+peer(r), triesOfAddress) {
		return false
	}
	if c, err := r.Cookie(deviceCookie); err == nil && s.remembers(c.Value, name) {
		return s.limiter.allow("device "+c.Value, triesOfPair)
	}
	return s.limiter.allow("pair "+peer(r)+" "+name, triesOfPair) && s.limiter.allow("name "+name, triesOfName)
}

// deviceCookie says that a browser has logged in with a name. It lets nobody in.
const deviceCookie = "candor-device"

func (s *server) deviceSum(nonce, name string) string {
	h := hmac.New(sha256.New, s.deviceKey)
	h.Write([]byte(nonce + " " + name))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (s *server) remember(w http.ResponseWriter, name string) {
	nonce := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: deviceCookie, Value: nonce + "." + s.deviceSum(nonce, name), Path: "/login", MaxAge: int((90 * 24 * time.Hour).Seconds()), Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (s *server) remembers(value, name string) bool {
	nonce, sum, _ := strings.Cut(value, ".")
	return hmac.Equal([]byte(sum), []byte(s.deviceSum(nonce, name)))
}

// letIn begins a session.
func (s *server) letIn(w http.ResponseWriter, r *http.Request, p store.Person, next string) error {
	_, secret, err := s.Store.Issue(r.Context(), p.Name, store.Pass{Kind: store.Session, Person: p.ID, Name: p.Name, Role: store.Admin, ExpiresAt: s.Now().Add(sessionTime)})
	if err != nil {
		return err
	}
	// A lifetime, no time of day: the browser's clock may differ from this one.
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", MaxAge: int(sessionTime.Seconds()), Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (s *server) logout(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.Revoke(r.Context(), p.name, p.pass.ID); err != nil {
		return err
	}
	s.forget(w)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

func (s *server) forget(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *server) logoutEverywhere(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.EndSessions(r.Context(), p.name, p.pass.Person); err != nil {
		return err
	}
	s.forget(w)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// changePassword changes one's own password, which ends one's other sessions.
func (s *server) changePassword(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := store.CheckPassword(values.Get("new")); err != nil {
		return wrong{err}
	}
	if !s.limiter.allow("password "+p.pass.Person, 5) {
		return errTooMany
	}
	me, err := s.Store.Person(r.Context(), p.pass.Person)
	if err != nil {
		return err
	}
	if me.Subject != "" {
		return wrongf("you log in by a provider: change your password there")
	}
	if _, err := s.Store.Login(r.Context(), me.Name, values.Get("old")); errors.Is(err, store.ErrNotFound) {
		return wrongf("the old password is wrong")
	} else if err != nil {
		return err
	}
	if err := s.Store.SetPassword(r.Context(), p.name, p.pass.Person, values.Get("new"), p.pass.ID); err != nil {
		return err
	}
	return back(w, r, "/settings?said=password")
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// limiter counts tries to log in.
type limiter struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*rate.Limiter
}

// maxLimited bounds the names and addresses that are counted; with more, the
// counting begins anew.
const maxLimited = 10_000

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, of: map[string]*rate.Limiter{}}
}

// allow reports whether there were at most n tries in a minute.
func (l *limiter) allow(key string, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) >= maxLimited {
		clear(l.of)
	}
	k := l.of[key]
	if k == nil {
		k = rate.NewLimiter(rate.Every(time.Minute/time.Duration(n)), n)
		l.of[key] = k
	}
	return k.AllowN(l.now(), 1)
}
