package crawler

import (
	"context"
	"fmt"
	"strings"

	"candor/crawler/browser"
	"candor/crawler/evidence"
)

// Journey is what a person tells the browser to do before the pages of a state
// are visited: to log in, to search, to fill a cart. It alone may submit. The
// visits that follow have its cookies and storage.
type Journey struct {
	File    string // its name, for messages
	Steps   []Step // at least one; the first is a goto
	Secrets []Secret
}

// Step is one step of a journey.
type Step = browser.Step

// Secret is a value of the environment that a journey types. It is written
// nowhere: not to the bundle, where its name stands instead, and not to logs.
type Secret struct{ Name, Value string }

// hide takes the secrets out of a text.
func (j *Journey) hide(text string) string {
	for _, s := range j.Secrets {
		text = strings.ReplaceAll(text, s.Value, "${env:"+s.Name+"}")
	}
	return text
}

// journey runs the person's journey, if there is one.
func (c *crawl) journey(ctx context.Context) {
	j := c.options.Journey
	if j == nil || len(j.Steps) == 0 {
		return
	}
	state := c.options.States[0]
	id := "j0001." + string(state)
	c.emit(Event{Kind: "page-start", Page: id, URL: j.Steps[0].Target})
	visitor := c.current().context.NewVisitor(ctx)
	defer visitor.Close()
	res, shots, err := visitor.Journey(ctx, id, j.Steps, c.options.PageTimeout)
	if err != nil {
		c.gap(evidence.Gap{What: "the journey " + j.File, Why: "it was not finished: " + err.Error(), Kind: "interrupted", State: state})
	}
	if res == nil {
		return
	}
	p := &res.Page
	for _, s := range shots {
		if len(s.JPEG) == 0 {
			continue
		}
		name := fmt.Sprintf("screenshots/%s-%02d.jpg", id, s.Step+1)
		if _, err := c.writer.AddBlob(name, s.JPEG); err != nil {
			c.fail(err)
			continue
		}
		p.Steps[s.Step].Screenshot, p.Screenshot = name, name
	}
	if len(p.Links) > savedLinks {
		p.Links = p.Links[:savedLinks]
	}
	if err := c.writer.AddLabels(res.Labels...); err != nil {
		c.fail(err)
	}
	for i := range res.Gaps {
		// The page may show what was typed; a log must not.
		res.Gaps[i].What, res.Gaps[i].Why = j.File+", "+res.Gaps[i].What, j.hide(res.Gaps[i].Why)
		c.emit(Event{Kind: "gap", Page: id, URL: p.URL, Message: res.Gaps[i].What + ": " + res.Gaps[i].Why})
	}
	if err := c.writer.AddPage(*p, res.Requests, res.Cookies, res.Storage, res.Forms, res.Gaps); err != nil {
		c.fail(err)
	}
	c.emit(Event{Kind: "page-done", Page: id, URL: p.URL, State: state, Message: p.Failure})
}
