package reports

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aymanbagabas/go-udiff"

	"candor/analyzer/change"
	"candor/reports/plain"
)

// TextChanges tells what one form of a text says other than an earlier one, claim
// by claim, in the order of change.Claims. Broader is Comparison's.
func TextChanges(before, now Policy, broader func(broad, narrow string) bool) []Change {
	d := &difference{Comparison: Comparison{Broader: broader}, before: &view{rep: &Report{Policies: []Policy{before}}}, now: &view{rep: &Report{Policies: []Policy{now}}}}
	changes, _ := change.Claims(claims(&before), claims(&now), broader)
	out := []Change{}
	for _, c := range changes {
		out = gather(out, d.statement(c))
	}
	return out
}

// notices pairs the texts of both scans: those at one address, then those with
// one text, then the only ones of a kind. A text that one side has alone is
// paired with nil.
func (d *difference) notices() [][2]*Policy {
	if d.pairs != nil {
		return d.pairs
	}
	before, now := d.before.rep.Policies, d.now.rep.Policies
	taken, partner := map[int]bool{}, map[int]int{}
	match := func(key func(v *view, p *Policy) string, only bool) {
		waiting := map[string][]int{}
		count := map[string]int{}
		for i := range before {
			if _, ok := partner[i]; !ok {
				k := key(d.before, &before[i])
				waiting[k] = append(waiting[k], i)
			}
		}
		for j := range now {
			if !taken[j] {
				count[key(d.now, &now[j])]++
			}
		}
		for j := range now {
			k := key(d.now, &now[j])
			if list := waiting[k]; !taken[j] && k != "" && len(list) > 0 && (!only || len(list) == 1 && count[k] == 1) {
				partner[list[0]], taken[j] = j, true
				waiting[k] = list[1:]
			}
		}
	}
	match(func(v *view, p *Policy) string { return v.page(p.URL) }, false)
	match(func(_ *view, p *Policy) string { return p.SHA256 }, false)
	match(func(_ *view, p *Policy) string { return p.Kind }, true)
	d.pairs = [][2]*Policy{}
	for i := range before {
		if j, ok := partner[i]; ok {
			d.pairs = append(d.pairs, [2]*Policy{&before[i], &now[j]})
		} else {
			d.pairs = append(d.pairs, [2]*Policy{&before[i], nil})
		}
	}
	for j := range now {
		if !taken[j] {
			d.pairs = append(d.pairs, [2]*Policy{nil, &now[j]})
		}
	}
	return d.pairs
}

// textDiffers reports whether any text is not word for word what it was.
func (d *difference) textDiffers() bool {
	return slices.ContainsFunc(d.notices(), func(p [2]*Policy) bool { return p[0] == nil || p[1] == nil || p[0].SHA256 != p[1].SHA256 })
}

// unread reports a text of which nothing was read where the other form of it
// has sentences.
func unread(p, other *Policy) bool { return len(p.Statements) == 0 && len(other.Statements) > 0 }

// lost says why a text that was not found again may still be there.
func (d *difference) lost(p *Policy) string {
	for _, g := range d.now.rep.Coverage.Gaps {
		if g.Kind == "policy" {
			return "a notice could not be read: " + strings.TrimSuffix(plain.Cut(plain.Visible(g.Why), 160), ".")
		}
	}
	if why := d.now.recorded("notices"); why != "" {
		return why
	}
	return d.before.lacks([]block{{p.LinkedFrom, d.before.rep.Coverage.States}}, d.now)
}

// texts compares notices, what they claim, and what became of their promises.
func (d *difference) texts() []Change {
	var out []Change
	var before, now []change.Claim
	fresh := map[string]bool{} // texts that are new as a whole: their sentences are not listed one by one
	for _, pair := range d.notices() {
		a, b := pair[0], pair[1]
		switch {
		case a == nil:
			c := notice(b, "new")
			c.New, c.After = []string{b.ID}, said(b)
			c.Why = "The earlier scan did not find it."
			out, now, fresh[b.ID] = append(out, c), append(now, claims(b)...), true
		case b == nil:
			c := notice(a, "gone")
			c.Old, c.Before = []string{a.ID}, said(a)
			c.Why = "The pages that led to it were visited again in full, and it was not found."
			if why := d.lost(a); why != "" {
				c.Kind, c.Why = "not_seen_again", "It may still be there: "+why+"."
			} else {
				before = append(before, claims(a)...)
			}
			out = append(out, c)
		default:
			if c, differs := d.renewed(a, b); differs {
				out = append(out, c)
			}
			if a.SHA256 == b.SHA256 && d.before.rep.Tool.RulesVersion != d.now.rep.Tool.RulesVersion || unread(a, b) || unread(b, a) {
				continue // what differs would come of how it was read
			}
			before, now = append(before, claims(a)...), append(now, claims(b)...)
		}
	}
	changes, pairs := change.Claims(before, now, d.Broader)
	for _, c := range changes {
		if c.Kind == change.Added && fresh[c.New.Text] {
			continue
		}
		out = gather(out, d.statement(c))
	}
	return append(out, d.promises(pairs)...)
}

func notice(p *Policy, kind string) Change {
	return Change{
		Topic: "notice", Kind: kind, Key: plain.Redact(p.URL), Name: plain.Cut(plain.Visible(cmp.Or(p.Title, p.URL)), 200),
		DataTypes: []string{}, Pages: []string{p.URL}, States: []string{}, Old: []string{}, New: []string{}, Edits: []Edit{},
	}
}

func said(p *Policy) string {
	return fmt.Sprintf("%s; dated %s", plural(p.Words, "word", "words"), day(p.LastUpdated))
}

// renewed tells how a text differs from what it was.
func (d *difference) renewed(a, b *Policy) (Change, bool) {
	c := notice(b, "changed")
	c.Old, c.New, c.Before, c.After = []string{a.ID}, []string{b.ID}, said(a), said(b)
	text, dated := a.SHA256 != b.SHA256, a.LastUpdated != b.LastUpdated
	switch {
	case unread(b, a):
		c.Kind, c.Why = "not_seen_again", "Its sentences could not be read this time."
	case text && dated:
		c.Why = fmt.Sprintf("The text changed, and its date went from %s to %s.", day(a.LastUpdated), day(b.LastUpdated))
	case text && a.LastUpdated == "":
		c.Why = "The text changed. It gives no date."
	case text:
		c.Why = fmt.Sprintf("The text changed, and its date did not: it is still %s.", day(a.LastUpdated))
	case dated:
		c.Why = fmt.Sprintf("The date went from %s to %s, and the text did not change.", day(a.LastUpdated), day(b.LastUpdated))
	default:
		return c, false
	}
	return c, true
}

// spoken reports whether two forms of a text say something different.
func (d *difference) spoken(a, b *Policy) bool {
	changes, _ := change.Claims(claims(a), claims(b), d.Broader)
	return slices.ContainsFunc(changes, func(c change.ClaimChange) bool { return c.Direction != change.Same })
}

func claims(p *Policy) []change.Claim {
	out := make([]change.Claim, 0, len(p.Statements))
	for _, s := range p.Statements {
		out = append(out, change.Claim{
			ID: s.ID, Text: p.ID, Actor: s.Actor, Action: s.Action, Negated: s.Negated, Only: s.Only, Data: s.DataTypes, Recipients: s.Recipients, Purposes: s.Purposes,
			Condition: s.Condition, Scope: s.Scope, RetentionDays: s.RetentionDays, Choice: s.Choice, Heading: s.Heading, Quote: s.Quote,
		})
	}
	return out
}

// statement tells of a claim that changed.
func (d *difference) statement(x change.ClaimChange) Change {
	c := Change{
		Topic: "statement", Kind: map[change.Kind]string{change.Added: "new", change.Removed: "gone"}[x.Kind], Direction: string(x.Direction), Why: plain.Cut(plain.Visible(x.Why), maxText),
		DataTypes: []string{}, Pages: []string{}, States: []string{}, Old: []string{}, New: []string{}, Edits: []Edit{},
	}
	c.Kind = cmp.Or(c.Kind, "changed")
	for _, side := range []struct {
		claim *change.Claim
		quote *string
		ids   *[]string
		rep   *Report
	}{{x.Old, &c.Before, &c.Old, d.before.rep}, {x.New, &c.After, &c.New, d.now.rep}} {
		if side.claim == nil {
			continue
		}
		*side.quote, *side.ids = clip(side.claim.Quote), []string{side.claim.ID}
		c.DataTypes = change.Sorted(append(c.DataTypes, side.claim.Data...))
		c.Key, c.Name = short(side.claim.Quote), plain.Cut(plain.Visible(side.claim.Heading), 200)
		for _, p := range side.rep.Policies {
			if p.ID == side.claim.Text {
				c.Pages = []string{p.URL}
				c.Name = cmp.Or(c.Name, plain.Cut(plain.Visible(cmp.Or(p.Title, p.URL)), 200))
			}
		}
	}
	if x.Old != nil && x.New != nil {
		c.Edits = edits(c.Before, c.After)
	}
	return c
}

// short is a key of a sentence.
func short(s string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(s), " ")))
	return hex.EncodeToString(sum[:8])
}

// gather adds a change, unless it tells of the same sentences as the last one:
// one sentence may say several things.
func gather(out []Change, c Change) []Change {
	for i := range out {
		x := &out[i]
		if x.Topic != c.Topic || x.Kind != c.Kind || x.Direction != c.Direction || x.Before != c.Before || x.After != c.After {
			continue
		}
		if !strings.Contains(x.Why, c.Why) {
			x.Why = plain.Cut(x.Why+" "+c.Why, maxText)
		}
		x.Old, x.New, x.DataTypes = ids(append(x.Old, c.Old...)), ids(append(x.New, c.New...)), change.Sorted(append(x.DataTypes, c.DataTypes...))
		return out
	}
	return append(out, c)
}

// edits are the steps from one text to another, word by word.
func edits(before, after string) []Edit {
	out := []Edit{}
	add := func(do, text string) {
		text = strings.ReplaceAll(text, "\n", "")
		if text == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].Do == do {
			out[n-1].Text += text
			return
		}
		out = append(out, Edit{Do: do, Text: text})
	}
	a, b := wordLines(before), wordLines(after)
	at := 0
	for _, e := range udiff.Lines(a, b) {
		add("keep", a[at:e.Start])
		add("remove", a[e.Start:e.End])
		add("add", e.New)
		at = e.End
	}
	add("keep", a[at:])
	return out
}

// wordLines puts each word with the space behind it on a line of its own.
func wordLines(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if space && !unicode.IsSpace(r) {
			b.WriteByte('\n')
		}
		space = unicode.IsSpace(r)
		b.WriteRune(r)
	}
	b.WriteByte('\n')
	return b.String()
}

// promiseRank orders what became of promises; what is not tested has no rank.
var promiseRank = map[string]float64{"kept": 1, "broken": 3}

// promises compares the verdicts on promises that both texts make.
func (d *difference) promises(pairs map[string]string) []Change {
	quotes := [2]map[string]string{quotes(d.before.rep), quotes(d.now.rep)}
	key := func(p Promise, side int) string {
		quote := cmp.Or(quotes[side][p.Statement], p.Quote)
		return p.Control + "\x00" + strings.Join(strings.Fields(strings.ToLower(quote)), " ")
	}
	byKey, byID := map[string][]Promise{}, map[string]Promise{}
	for _, p := range d.before.rep.Promises {
		if to := pairs[p.Statement]; to != "" {
			byID[to+"\x00"+p.Control] = p
			continue
		}
		byKey[key(p, 0)] = append(byKey[key(p, 0)], p)
	}
	var out []Change
	for _, p := range d.now.rep.Promises {
		old, ok := byID[p.Statement+"\x00"+p.Control]
		if k := key(p, 1); !ok && len(byKey[k]) > 0 {
			old, byKey[k], ok = byKey[k][0], byKey[k][1:], true
		}
		if !ok || old.Verdict == p.Verdict {
			continue
		}
		quote := cmp.Or(quotes[1][p.Statement], p.Quote)
		c := Change{
			Topic: "promise", Kind: "changed", Key: short(quote + p.Control), Name: clip(quote), Before: old.Verdict, After: p.Verdict, Why: clip(p.Why),
			DataTypes: []string{}, Pages: []string{}, States: []string{}, Old: []string{}, New: []string{}, Edits: []Edit{},
		}
		if old.Statement != "" {
			c.Old = []string{old.Statement}
		}
		if p.Statement != "" {
			c.New = []string{p.Statement}
		}
		if a, b := promiseRank[old.Verdict], promiseRank[p.Verdict]; b == 3 || a == 1 && b > 1 {
			c.Direction = "weaker"
		} else if a == 3 && b == 1 {
			c.Direction = "stronger"
		}
		out = append(out, c)
	}
	return out
}

func quotes(rep *Report) map[string]string {
	out := map[string]string{}
	for _, p := range rep.Policies {
		for _, s := range p.Statements {
			out[s.ID] = s.Quote
		}
	}
	return out
}
