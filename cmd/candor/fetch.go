package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"candor/crawler"
)

// maxNotice bounds a notice that is fetched, in bytes after decompression.
const maxNotice = 16 << 20

// fetched is an answer to a plain request, without a browser.
type fetched struct {
	url      string // after redirects
	mimeType string
	language string
	modified string // Last-Modified
	status   int    // 0 for a file
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
		modified: resp.Header.Get("Last-Modified"),
		status:   resp.StatusCode,
		data:     data,
	}, nil
}

// client is the crawler's, so that hosts are reached as in a scan. A cookie
// without a domain is for the address itself.
func (o *options) client(address string) (*http.Client, error) {
	start, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	co := crawler.Options{HostMap: o.hostMap, Insecure: o.insecure, Proxy: o.proxy, Headers: o.headerMap(), Cookies: slices.Clone(o.cookies)}
	for i := range co.Cookies {
		co.Cookies[i].Domain = cmp.Or(co.Cookies[i].Domain, start.Hostname())
	}
	return crawler.Client(co)
}
