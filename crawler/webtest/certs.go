package webtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"sync"
	"time"
)

// BadCertKind is what is wrong with a certificate.
type BadCertKind string

// The faults. Untrusted is signed by an authority that nobody knows.
const (
	Expired    BadCertKind = "expired"
	SelfSigned BadCertKind = "self-signed"
	WrongHost  BadCertKind = "wrong-host"
	Untrusted  BadCertKind = "untrusted"
)

var badCertKinds = []BadCertKind{Expired, SelfSigned, WrongHost, Untrusted}

// authority mints a certificate for each server name. All good ones share one
// key, so that one hash covers them.
type authority struct {
	root    signer
	unknown signer // for Untrusted
	key     *ecdsa.PrivateKey
	badKey  *ecdsa.PrivateKey
	spki    string
	roots   *x509.CertPool

	mu     sync.Mutex
	bad    map[string]BadCertKind
	leaves map[string]*tls.Certificate
	serial int64
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	a := &authority{bad: map[string]BadCertKind{}, leaves: map[string]*tls.Certificate{}, roots: x509.NewCertPool(), serial: 100}
	var err error
	if a.root, err = newSigner("Candor test root", 1); err != nil {
		return nil, err
	}
	if a.unknown, err = newSigner("Unknown test root", 2); err != nil {
		return nil, err
	}
	for _, k := range []**ecdsa.PrivateKey{&a.key, &a.badKey} {
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	public, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(public)
	a.spki = base64.StdEncoding.EncodeToString(sum[:])
	a.roots.AddCert(a.root.cert)
	return a, nil
}

func newSigner(name string, serial int64) (signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signer{}, err
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return signer{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return signer{cert: cert, key: key}, err
}

func (a *authority) setBad(host string, kind BadCertKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bad[host] = kind
	delete(a.leaves, host)
}

// config answers each server name with its certificate; http2 says whether a
// host may speak HTTP/2.
func (a *authority) config(http2 func(host string) bool) *tls.Config {
	base := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.leaf(h.ServerName)
		},
	}
	one := base.Clone()
	one.NextProtos = []string{"http/1.1"}
	base.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if http2(h.ServerName) {
			return nil, nil
		}
		return one, nil
	}
	return base
}

func (a *authority) clientConfig() *tls.Config {
	return &tls.Config{RootCAs: a.roots, MinVersion: tls.VersionTLS12}
}

func (a *authority) leaf(host string) (*tls.Certificate, error) {
	if host == "" {
		host = "localhost" // addressed by number: no server name is sent
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leaves[host]; c != nil {
		return c, nil
	}
	kind := a.bad[host]
	now := time.Now()
	a.serial++
	t := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if host == "localhost" {
		t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	parent, key := a.root, a.key
	switch kind {
	case Expired:
		key, t.NotBefore, t.NotAfter = a.badKey, now.Add(-60*24*time.Hour), now.Add(-24*time.Hour)
	case WrongHost:
		key, t.DNSNames = a.badKey, []string{"elsewhere.test"}
	case Untrusted:
		key, parent = a.badKey, a.unknown
	case SelfSigned:
		key, parent = a.badKey, signer{cert: t, key: a.badKey}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent.cert, &key.PublicKey, parent.key)
	if err != nil {
		return nil, err
	}
	chain := [][]byte{der}
	if kind != SelfSigned {
		chain = append(chain, parent.cert.Raw)
	}
	c := &tls.Certificate{Certificate: chain, PrivateKey: key}
	a.leaves[host] = c
	return c, nil
}
