package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"candor/crawler"
)

// maxNotice bounds a notice that is fetched, in bytes after decompression.
const maxNotice = 16 << 20

// fetched is an answer to a plain request, without a browser.
type fetched struct {
	url      string // after redirects
	mimeType string
	language string
	data     []byte
}

// fetch gets one address. It names Candor, since no page is observed here.
func (o *options) fetch(ctx context.Context, address string) (*fetched, error) {
	client, err := o.client(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Candor/"+toolVersion()+")")
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8")
	for _, h := range o.headers {
		req.Header.Set(h.name, h.value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, fmt.Errorf("%s answered %s", resp.Request.URL, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxNotice+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resp.Request.URL, err)
	}
	if len(data) > maxNotice {
		return nil, fmt.Errorf("%s is larger than %d MB", resp.Request.URL, maxNotice>>20)
	}
	return &fetched{
		url:      resp.Request.URL.String(),
		mimeType: resp.Header.Get("Content-Type"),
		language: resp.Header.Get("Content-Language"),
		data:     data,
	}, nil
}

func (o *options) client(address string) (*http.Client, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, err
	}
	start, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	for _, k := range o.cookies {
		at := *start
		if k.Domain != "" {
			at.Host = k.Domain
		}
		jar.SetCookies(&at, []*http.Cookie{{Name: k.Name, Value: k.Value, Domain: k.Domain, Path: "/"}})
	}
	t := &http.Transport{
		DialContext:         dialMapped(o.hostMap),
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: o.insecure}, // only when the person asked for it
		ForceAttemptHTTP2:   true,
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: o.timeout,
	}
	if o.proxy != "" {
		u, err := url.Parse(o.proxy)
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(u)
	}
	return &http.Client{Transport: t, Jar: jar, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		return nil
	}}, nil
}

// dialMapped connects to the address that a mapping gives for the host.
func dialMapped(mappings []crawler.HostMapping) func(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		for _, m := range mappings {
			if hostMatches(m.Pattern, host) {
				addr = m.Addr.String()
				break
			}
		}
		return d.DialContext(ctx, network, addr)
	}
}

func hostMatches(pattern, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if pattern == "*" || pattern == host {
		return true
	}
	suffix, ok := strings.CutPrefix(pattern, "*")
	return ok && strings.HasSuffix(host, suffix) && len(host) > len(suffix)
}
