package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/idna"

	"candor/crawler"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
	"candor/reports/pdf"
	"candor/reports/words"
	"candor/rules"
)

// one is a flag with one value that is parsed, as a pflag.Value.
type one[T any] struct {
	to    *T
	parse func(string) (T, error)
	text  string
}

func newOne[T any](to *T, parse func(string) (T, error)) *one[T] {
	o := &one[T]{to: to, parse: parse}
	if text := fmt.Sprint(*to); text != "0" && text != "0s" && text != "invalid AddrPort" {
		o.text = text
	}
	return o
}

func (o *one[T]) String() string { return o.text }
func (o *one[T]) Type() string   { return "value" }

func (o *one[T]) Set(s string) error {
	v, err := o.parse(strings.TrimSpace(s))
	if err != nil {
		return err
	}
	*o.to, o.text = v, s
	return nil
}

// list is a flag with several values; the first use replaces the default.
type list[T any] struct {
	to    *[]T
	parse func(string) (T, error)
	sep   string
	set   bool
	text  []string
}

func newList[T any](to *[]T, sep string, parse func(string) (T, error)) *list[T] {
	l := &list[T]{to: to, parse: parse, sep: sep}
	for _, v := range *to {
		l.text = append(l.text, fmt.Sprint(v))
	}
	return l
}

func (l *list[T]) String() string { return strings.Join(l.text, ",") }
func (l *list[T]) Type() string   { return "values" }

func (l *list[T]) Set(s string) error {
	if !l.set {
		*l.to, l.text, l.set = nil, nil, true
	}
	for part := range strings.SplitSeq(s, l.sep) {
		v, err := l.parse(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		*l.to = append(*l.to, v)
		l.text = append(l.text, part)
	}
	return nil
}

func parseNumber(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("expected a whole number from %d to %d", least, most)
		}
		return n, nil
	}
}

func parseDuration(least, most time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > most {
			return 0, fmt.Errorf("expected a time from %s to %s, such as 45s or 2m", least, most)
		}
		return d, nil
	}
}

// parseShare reads 0.8 or 80%.
func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	f, err := strconv.ParseFloat(number, 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f <= 1) {
		return 0, errors.New("expected a share from 0 to 1, such as 0.8 or 80%")
	}
	return f, nil
}

// parseFormat takes the formats that can be written; without known ones any.
func parseFormat(known []string) func(string) (string, error) {
	return func(s string) (string, error) {
		if len(known) > 0 && !slices.Contains(known, s) {
			return "", fmt.Errorf("%q is not a format of this version: expected %s", s, strings.Join(known, ", "))
		}
		return s, nil
	}
}

func parseSeverity(s string) (string, error) {
	if s != "none" && !slices.Contains(rules.Severities, s) {
		return "", fmt.Errorf("expected %s or none", strings.Join(rules.Severities, ", "))
	}
	return s, nil
}

func parsePaper(s string) (string, error) {
	for _, p := range pdf.Papers {
		if strings.EqualFold(p, s) {
			return p, nil
		}
	}
	return "", fmt.Errorf("expected %s", strings.Join(pdf.Papers, " or "))
}

func parseLanguage(s string) (string, error) {
	if _, err := words.For(strings.ToLower(s)); err != nil {
		return "", err
	}
	return strings.ToLower(s), nil
}

func parseRedact(s string) (string, error) {
	if s != "none" && s != "all" {
		return "", errors.New("expected all or none")
	}
	return s, nil
}

func stateNames() []string {
	var out []string
	for _, s := range evidence.States() {
		out = append(out, string(s))
	}
	return out
}

func parseState(s string) (evidence.State, error) {
	if !slices.Contains(stateNames(), s) {
		return "", fmt.Errorf("%q is not a consent state: expected %s", s, strings.Join(stateNames(), ", "))
	}
	return evidence.State(s), nil
}

func parseSite(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	return frontier.Complete(s)
}

func parseText(s string) (string, error) {
	if s == "" {
		return "", errors.New("expected a URL or a file")
	}
	return s, nil
}

func parseFolder(s string) (string, error) {
	if s == "" {
		return "", errors.New("expected a folder")
	}
	return s, nil
}

// parseHostMap reads PATTERN=ADDR:PORT. The address is an IP address, because
// a name would have to be looked up, which is what the option is there to avoid.
func parseHostMap(s string) (crawler.HostMapping, error) {
	const expected = "expected PATTERN=ADDR:PORT, such as '*=127.0.0.1:8080' or '*.example.com=[::1]:8443'"
	pattern, addr, ok := strings.Cut(s, "=")
	if !ok {
		return crawler.HostMapping{}, fmt.Errorf("%q has no '=': %s", s, expected)
	}
	pattern = strings.ToLower(strings.TrimSpace(pattern))
	ap, err := netip.ParseAddrPort(strings.TrimSpace(addr))
	if err != nil || ap.Port() == 0 {
		return crawler.HostMapping{}, fmt.Errorf("%q is not an IP address with a port: %s", addr, expected)
	}
	host := strings.TrimPrefix(pattern, "*.")
	if pattern != "*" {
		if host, err = hostName(host); err != nil {
			return crawler.HostMapping{}, fmt.Errorf("%q is not a host pattern: %s", pattern, expected)
		}
		if strings.HasPrefix(pattern, "*.") {
			host = "*." + host
		}
		pattern = host
	}
	return crawler.HostMapping{Pattern: pattern, Addr: ap}, nil
}

// parseDNS reads the address of a DNS server; its port is 53 when none is given.
func parseDNS(s string) (netip.AddrPort, error) {
	if s == "" {
		return netip.AddrPort{}, nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53), nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil || ap.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is not an IP address: expected ADDR or ADDR:PORT, such as 9.9.9.9 or 127.0.0.1:5353", s)
	}
	return ap, nil
}

// hostName returns a host in ASCII lower case.
func hostName(s string) (string, error) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.String(), nil
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil {
		return "", err
	}
	if host == "" || len(host) > 253 || strings.ContainsAny(host, "*/:@ ") {
		return "", errors.New("not a host name")
	}
	return host, nil
}

func parseProxy(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		return "", errors.New("expected http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")
	}
	if u.User != nil {
		return "", errors.New("a proxy that wants a password is not supported; expected http://HOST:PORT")
	}
	return s, nil
}

func parseHeader(s string) (header, error) {
	name, value, ok := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
		return header{}, errors.New("expected 'Name: value'")
	}
	if canonical := http.CanonicalHeaderKey(name); slices.Contains([]string{"Host", "Cookie", "Content-Length", "User-Agent"}, canonical) {
		return header{}, fmt.Errorf("the header %s cannot be set this way%s", canonical, map[string]string{
			"Host": "; use --host-map", "Cookie": "; use --cookie", "User-Agent": "; use --identify",
		}[canonical])
	}
	return header{name, value}, nil
}

// parseCookie reads NAME=VALUE[;domain]. Without a domain the cookie is for the
// start address.
func parseCookie(s string) (crawler.PresetCookie, error) {
	pair, domain, _ := strings.Cut(s, ";")
	name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
	domain = strings.TrimPrefix(strings.TrimSpace(domain), "domain=")
	if !ok || !httpguts.ValidHeaderFieldName(name) || strings.ContainsAny(value, "\r\n\x00") {
		return crawler.PresetCookie{}, errors.New("expected NAME=VALUE or 'NAME=VALUE;domain'")
	}
	if domain != "" {
		host, err := hostName(strings.TrimPrefix(domain, "."))
		if err != nil {
			return crawler.PresetCookie{}, fmt.Errorf("%q is not a domain: expected NAME=VALUE or 'NAME=VALUE;domain'", domain)
		}
		domain = host
	}
	return crawler.PresetCookie{Name: name, Value: value, Domain: domain}, nil
}
