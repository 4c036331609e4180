package crawler

import (
	"context"
	"sync"

	"candor/crawler/browser"
)

// Browser is one that crawls share, one after the other or side by side, each
// with visitors of its own: nothing that a site keeps goes from one to another.
// It is started when it is first needed, and again when it died. All crawls that
// share it are of the same Options, as far as these shape the browser. The zero
// value is ready; its methods may be called from several goroutines.
type Browser struct {
	mu   sync.Mutex
	open *browser.Browser
}

// take returns the browser that is there, or starts one.
func (s *Browser) take(ctx context.Context, o browser.Options) (*browser.Browser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		if s.open.Lost() == nil {
			return s.open, nil
		}
		_ = s.open.Close() // it is dead already
		s.open = nil
	}
	b, err := browser.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	s.open = b
	return b, nil
}

// Close ends the browser, if there is one, and removes its files.
func (s *Browser) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	b := s.open
	s.open = nil
	return b.Close()
}
