package crawler

import (
	"context"
	"io"
	"sync"

	"candor/crawler/frontier"
)

// route is what the lane that leads visits, in the order in which its pages
// were handed out, for the lanes that follow. A page is told when its visit is
// over, so that the others do not run into what has failed already.
type route struct {
	mu      sync.Mutex
	stops   []*stop
	index   map[string]*stop // by the item's id
	ended   bool
	changed chan struct{} // closed at each change
}

type stop struct {
	item         frontier.Item
	over, failed bool
}

func newRoute() *route {
	return &route{index: map[string]*stop{}, changed: make(chan struct{})}
}

func (r *route) change(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
	close(r.changed)
	r.changed = make(chan struct{})
}

// add notes that a page was handed out.
func (r *route) add(item frontier.Item) {
	r.change(func() {
		s := &stop{item: item}
		r.stops, r.index[item.ID] = append(r.stops, s), s
	})
}

// visited notes how the visit of a page came out.
func (r *route) visited(item frontier.Item, failed bool) {
	r.change(func() {
		if s := r.index[item.ID]; s != nil {
			s.over, s.failed = true, failed
		}
	})
}

// end notes that no page will be added.
func (r *route) end() { r.change(func() { r.ended = true }) }

// follow returns the page to visit at or after position at that did not fail,
// and the position after it. It waits until that is known; at the end it is
// io.EOF.
func (r *route) follow(ctx context.Context, at int) (frontier.Item, int, error) {
	for {
		r.mu.Lock()
		for at < len(r.stops) && r.stops[at].failed {
			at++
		}
		switch {
		case at < len(r.stops) && r.stops[at].over:
			defer r.mu.Unlock()
			return r.stops[at].item, at + 1, nil
		case at == len(r.stops) && r.ended:
			defer r.mu.Unlock()
			return frontier.Item{}, at, io.EOF
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return frontier.Item{}, at, ctx.Err()
		}
	}
}
