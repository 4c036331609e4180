package main

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// Where a scan of a demo folder starts when no address is given, and the
// profile that goes with it when none is named.
const (
	demoStart   = "https://www.fernhill.test/"
	profileName = "profile.yaml"
)

// demoURLs are the addresses to start at: those given, or the one of the
// bundled organisation when its host is in the folder.
func demoURLs(folder string, urls []string) ([]string, error) {
	if len(urls) > 0 {
		return urls, nil
	}
	host := strings.Trim(strings.TrimPrefix(demoStart, "https://"), "/")
	if info, err := os.Stat(filepath.Join(folder, host)); err != nil || !info.IsDir() {
		return nil, usage("--demo %s: it has no %s to start at; name an address of its sites, such as https://HOST/", folder, host)
	}
	return []string{demoStart}, nil
}

// profileIn returns the profile that lies in a folder, "" when there is none.
func profileIn(folder string) string {
	name := filepath.Join(folder, profileName)
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return name
}

// demoServer answers for every host of a folder of sites, http and https, on
// one address.
type demoServer struct {
	Addr netip.AddrPort
	DNS  netip.AddrPort
	io.Closer
}

// Close ends the server; nil has nothing to end.
func (s *demoServer) Close() error {
	if s == nil || s.Closer == nil {
		return nil
	}
	return s.Closer.Close()
}
