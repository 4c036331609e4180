package consent

import (
	"context"
	"regexp"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// banner is a banner that was found.
type banner struct {
	frame Frame
	rule  int // index; -1 when it was found by its looks
	n     int // number of its element
	how   string
	lang  string
	late  int64
	age   float64       // of the page when it was first seen, in milliseconds
	at    *evidence.Box // of its frame in the page
}

// score says how much a candidate is a consent banner; below wanted it is none.
const wanted = 4

func (o *Operator) score(c *layer, f *seenFrame) (points int, lang string) {
	if len([]rune(c.Text)) < 15 {
		return 0, ""
	}
	topics, lang := o.topic(c.Text)
	if topics == 0 {
		topics, lang = o.topic(c.Mark)
	}
	if topics == 0 {
		return 0, ""
	}
	// What it says beside its controls: a floating "cookie settings" says nothing.
	plain := c.Text
	for _, k := range c.Controls {
		if k.Text != "" && len(plain) < 10_000 {
			plain = strings.Replace(plain, k.Text, "", 1)
		}
	}
	if len([]rune(strings.TrimSpace(plain))) < 10 {
		return 0, ""
	}
	seen := map[string]int{}
	links := 0
	for i := range c.Controls {
		k := &c.Controls[i]
		k.is = o.understand(k.Text, k.Label, k.Kind == "link")
		if k.Kind == "link" && leaves(k.Href, f.URL) {
			if k.is.role == roleNotice {
				links++
			}
			if k.is.role == roleAccept || k.is.role == roleReject {
				continue
			}
		}
		seen[k.is.role]++
	}
	points = 2 * min(topics, 3)
	switch {
	case seen[roleAccept] > 0 || seen[roleReject] > 0:
		points += 2*min(1, seen[roleAccept]) + 3*min(1, seen[roleReject])
	case seen[roleSave] > 0 && len(c.Toggles) > 0:
		points += 2
	case c.How == "fixed" || c.How == "dialog" || c.How == "sticky":
		// A notice that can only be put away.
		if n, _ := o.topic(plain); n == 0 || len([]rune(plain)) < 25 || seen[roleSettings]+seen[roleClose] == 0 || len(c.Text) > 1500 || links > 6 || strings.Count(c.Text, "\n") > 25 {
			return 0, ""
		}
	default:
		return 0, ""
	}
	points += 2 * min(1, seen[roleSettings])
	points -= 3 * min(o.otherSubject(c.Text), 4)
	for _, field := range c.Fields {
		if !strings.Contains(field, "search") {
			points -= 6
		}
	}
	switch c.How {
	case "flow-top", "flow-bottom":
		if len(c.Text) > 3000 || len(c.Controls) > 25 {
			return 0, ""
		}
	case "frame":
		if f.at == nil || f.how == "" && !edge(*f.at) {
			points -= 4
		}
	}
	if links > 15 {
		points -= 4
	}
	// A whole page in one box has very many.
	if len(c.Controls) > 60 {
		points -= 2
	}
	return points, lang
}

// edge says that a box stands at the top of the page.
func edge(b evidence.Box) bool { return b.Y <= 12 }

// best picks the banner among what was seen; nil when there is none.
func (o *Operator) best(frames []seenFrame) *banner {
	for i := range frames {
		f := &frames[i]
		if f.look.Rule < 0 || !f.shown {
			continue
		}
		return &banner{frame: f.Frame, rule: f.look.Rule, n: f.look.Detected, how: "rule", at: f.at}
	}
	var found *banner
	var top int
	var area float64
	for i := range frames {
		f := &frames[i]
		if !f.shown {
			continue
		}
		for k := range f.look.Candidates {
			c := &f.look.Candidates[k]
			points, lang := o.score(c, f)
			if points < wanted {
				continue
			}
			if a := c.Box.Width * c.Box.Height; found == nil || points > top || points == top && a < area {
				found, top, area = &banner{frame: f.Frame, rule: -1, n: c.N, how: c.How, lang: lang, at: f.at}, points, a
			}
		}
	}
	return found
}

// platformScript tells the script of a consent platform by its address or id.
var platformScript = regexp.MustCompile(`(?i)consent|cookie[-_]?(law|notice|bot|yes|first|script|hub|info|banner|control)|\bcmp\b|[/.-]cmp[/.-]|gdpr|ccpa|onetrust|otsdk|didomi|usercentrics|trustarc|truste|sourcepoint|privacy-mgmt|quantcast|osano|iubenda|termly|complianz|borlabs|klaro|tarteaucitron|orejime|axeptio|ketch|transcend|securiti|fundingchoices|sirdata|evidon|commanders|uniconsent|cookiehub|civic|privacy[-_]?(manager|center|portal)`)

// platform says whether a consent platform is at work in the page, though it may
// show nothing yet.
func (o *Operator) platform(ctx context.Context, p Page, frames []seenFrame) bool {
	for i := range frames {
		if len(frames[i].look.Present) > 0 {
			return true
		}
		for _, s := range frames[i].look.Scripts {
			if platformScript.MatchString(s) {
				return true
			}
		}
		if i > 0 && len(o.frameRules(frames[i].URL)) > 0 {
			return true
		}
	}
	if len(frames) == 0 {
		return false
	}
	var there signsAnswer
	err := askSigns(ctx, p, frames[0].ID, map[string]any{"only": true, "roots": o.roots, "paths": []string{}}, &there)
	return err == nil && len(there.Present) > 0
}

// find waits for a banner, within bounds: shortly where nothing speaks for a
// consent platform, longer where one is at work. platform says whether one is.
func (o *Operator) find(ctx context.Context, p Page) (b *banner, platform bool, err error) {
	begun := time.Now()
	scrolled, pierced := false, false
	for round := 0; ; round++ {
		if round == 1 { // nothing at first sight
			o.settle(ctx, p)
			begun = time.Now()
		}
		frames := o.survey(ctx, p, true)
		if b := o.best(frames); b != nil {
			if scrolled {
				o.scroll(ctx, p, 0)
			}
			b.late, b.age = p.OffsetMS(), frames[0].look.Age
			return b, true, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, platform, err
		}
		if len(p.Frames()) == 0 {
			return nil, platform, errLost
		}
		platform = platform || o.platform(ctx, p, frames)
		limit := o.limits.quiet
		if platform {
			limit = o.limits.platform
		}
		spent := time.Since(begun)
		if !pierced && (spent >= limit/4 || spent >= limit) {
			pierced = true
			if o.pierce(ctx, p) > 0 {
				continue
			}
		}
		if !scrolled && spent >= limit/2 {
			scrolled = true
			height := 800.0
			if len(frames) > 0 {
				height = frames[0].look.Height
			}
			o.scroll(ctx, p, height)
			o.settle(ctx, p)
			continue
		}
		if spent >= limit {
			if o.pierce(ctx, p) > 0 {
				frames := o.survey(ctx, p, true)
				if b := o.best(frames); b != nil {
					b.late, b.age = p.OffsetMS(), frames[0].look.Age
					return b, true, nil
				}
			}
			o.scroll(ctx, p, 0)
			if !surveyed(p, frames) && ctx.Err() == nil {
				return nil, platform, errSilent
			}
			return nil, platform, ctx.Err()
		}
		o.await(ctx, p, begun.Add(limit))
	}
}

// pierce opens closed shadow roots of the page, where the window can.
func (o *Operator) pierce(ctx context.Context, p Page) int {
	q, ok := p.(Piercer)
	frames := p.Frames()
	if !ok || len(frames) == 0 {
		return 0
	}
	n, err := q.Pierce(ctx, frames[0].ID)
	if err != nil {
		return 0
	}
	return n
}

func (o *Operator) scroll(ctx context.Context, p Page, to float64) {
	if frames := p.Frames(); len(frames) > 0 {
		var at struct{ Y float64 }
		_ = ask(ctx, p, frames[0].ID, map[string]any{"op": "scroll", "to": to}, &at) // the page may go away; the next look tells
	}
}

// settle waits until the page is quiet, within bounds.
func (o *Operator) settle(ctx context.Context, p Page) bool {
	ctx, cancel := context.WithTimeout(ctx, o.limits.settle)
	defer cancel()
	return p.Settle(ctx)
}

// await waits for a change in the page. Styles that show something tell nothing,
// so that it looks again now and then; and not more often than that, however
// much a page changes.
func (o *Operator) await(ctx context.Context, p Page, until time.Time) {
	least := time.NewTimer(o.limits.recheck / 2)
	defer least.Stop()
	wait, cancel := context.WithTimeout(ctx, min(o.limits.recheck, time.Until(until)))
	defer cancel()
	_ = p.Await(wait) // whatever it was, the next look tells
	select {
	case <-least.C:
	case <-ctx.Done():
	}
}

// leaves says whether following a link would leave the page.
func leaves(href, page string) bool {
	if href == "" || strings.HasPrefix(strings.ToLower(href), "javascript:") {
		return false
	}
	cut := func(s string) string { s, _, _ = strings.Cut(s, "#"); return s }
	return cut(href) != cut(page)
}
