package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"
)

// defaultOut names a report folder after the site and the time.
func defaultOut(address string, now time.Time) string {
	return "candor-report-" + scanName(address, now)
}

// scanName names a scan: "www.example.com-20261124-081500".
func scanName(address string, now time.Time) string {
	host := "site"
	if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
		host = fileName(u.Hostname())
	}
	return host + "-" + now.Format("20060102-150405")
}

// fileName keeps what every file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, strings.ToLower(s))
}

// freshDir makes sure that a folder is empty or can be made. What it holds is
// never overwritten: another name is proposed.
func freshDir(dir string) error {
	free, err := isFree(dir)
	if err != nil {
		return usage("--out: %w", err)
	}
	if !free {
		return usage("the folder %s is not empty and is left as it is; name another one, such as --out %s", dir, freeName(dir))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage("--out: %w", err)
	}
	return nil
}

func isFree(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return len(entries) == 0, err
}

func freeName(dir string) string {
	dir = strings.TrimRight(dir, `/\`)
	for n := 2; n < 1000; n++ {
		name := fmt.Sprintf("%s-%d", dir, n)
		if free, err := isFree(name); err == nil && free {
			return name
		}
	}
	return dir + "-new"
}
