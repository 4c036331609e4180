package main

import (
	"io"
	"net/netip"
)

// demoServer answers for every host of a folder of sites, http and https, on
// one address.
type demoServer struct {
	Addr netip.AddrPort
	io.Closer
}

// Close ends the server; nil has nothing to end.
func (s *demoServer) Close() error {
	if s == nil || s.Closer == nil {
		return nil
	}
	return s.Closer.Close()
}
