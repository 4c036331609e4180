package main

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports/plain"
	"candor/rules"
)

// maxThirdParties bounds what is counted, since a page can make up hosts.
const maxThirdParties = 10_000

// progress shows the steps of a crawl: one line that is kept up to date on a
// terminal, else a log line for each page.
type progress struct {
	now     func() time.Time
	started time.Time
	log     *slog.Logger
	bar     *progressbar.ProgressBar // nil without a terminal
	width   int

	set *rules.Set

	mu       sync.Mutex
	vendors  map[string]bool
	unknown  map[string]bool // sites of third parties that no vendor is known for
	done     int
	planned  int
	requests int

	looking bool // these are further looks, not the scan itself
}

// barScale is how finely the bar is drawn. It reaches its end only in close:
// the plan grows while links are found.
const barScale = 1000

func (c *Command) newProgress(o *options, set *rules.Set) *progress {
	p := &progress{now: c.Now, started: c.Now(), log: c.logger(o), set: set, vendors: map[string]bool{}, unknown: map[string]bool{}}
	if p.width = c.columns(); p.width > 0 && !o.jsonLog && !o.quiet {
		p.bar = progressbar.NewOptions(barScale,
			progressbar.OptionSetWriter(c.Stderr),
			progressbar.OptionSetWidth(min(20, max(5, p.width/5))),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionUseANSICodes(true),
		)
	}
	return p
}

// again says that the steps that follow are those of further looks.
func (p *progress) again(looks, pages int) {
	p.looking = true
	if p.bar == nil {
		p.log.Info("looking again", "looks", looks, "pages", pages)
	}
}

// event takes a step of the crawl, from any goroutine.
func (p *progress) event(e crawler.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind == "start" { // the browser's own start says nothing of how long a page takes
		p.started = p.now()
	}
	p.done, p.planned, p.requests = max(p.done, e.Done), max(e.Planned, e.Done, p.done), max(p.requests, e.Requests)
	for _, h := range e.Hosts {
		p.found(h)
	}
	if p.bar != nil {
		p.draw(e)
		return
	}
	p.write(e)
}

// found counts whose a host is.
func (p *progress) found(host string) {
	if v := p.set.VendorFor(host, "/"); v != nil {
		p.vendors[v.ID] = true
	} else if len(p.unknown) < maxThirdParties {
		p.unknown[evidence.Site(host)] = true
	}
}

// draw updates the line. Faults of a terminal are not worth ending a scan for.
func (p *progress) draw(e crawler.Event) {
	text := fmt.Sprintf("%d of %d pages · %s · %s", p.done, p.planned,
		count(p.requests, "request", "requests"), count(len(p.vendors), "vendor", "vendors"))
	if p.looking {
		text = "looking again · " + text
	}
	if n := len(p.unknown); n > 0 {
		text += fmt.Sprintf(" and %d unknown", n)
	}
	if left, ok := p.left(); ok {
		text += " · about " + left + " left"
	}
	if room := p.width - len(text) - 35; room > 20 && e.URL != "" {
		text += " · " + plain.Terminal(e.URL, room)
	}
	p.bar.Describe(plain.Cut(text, max(10, p.width-32)))
	if p.planned > 0 {
		_ = p.bar.Set(min(barScale-1, barScale*p.done/p.planned))
	}
}

// left estimates the time to go from the time that pages took so far.
func (p *progress) left() (string, bool) {
	if p.done == 0 || p.planned <= p.done {
		return "", false
	}
	each := p.now().Sub(p.started) / time.Duration(p.done)
	left := each * time.Duration(p.planned-p.done)
	if left >= 10*time.Second {
		left = left.Round(5 * time.Second)
	}
	text := left.Round(time.Second).String()
	if minutes, ok := strings.CutSuffix(text, "m0s"); ok {
		text = minutes + "m"
	}
	return text, left >= time.Second
}

func (p *progress) write(e crawler.Event) {
	switch e.Kind {
	case "start":
		if !p.looking {
			p.log.Info("scan started", "url", plain.Visible(e.URL), "pages", e.Planned)
		}
	case "page-done":
		args := []any{"url", plain.Visible(e.URL), "state", string(e.State), "done", p.done, "planned", p.planned,
			"requests", p.requests, "vendors", len(p.vendors), "unknown", len(p.unknown)}
		if left, ok := p.left(); ok {
			args = append(args, "left", left)
		}
		if e.Message != "" {
			args = append(args, "note", plain.Visible(e.Message))
		}
		p.log.Info("page", args...)
	case "choice":
		p.log.Info("choice", "state", string(e.State), "outcome", plain.Visible(e.Message))
	case "document":
		p.log.Info("notice", "url", plain.Visible(e.URL), "kind", plain.Visible(e.Message))
	case "gap":
		p.log.Warn("gap", "url", plain.Visible(e.URL), "why", plain.Visible(e.Message))
	case "done":
		what := "scan ended"
		if p.looking {
			what = "looking again ended"
		}
		p.log.Info(what, "pages", p.done, "requests", p.requests, "vendors", len(p.vendors), "unknown", len(p.unknown))
	}
}

// close removes the line.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
