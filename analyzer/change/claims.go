package change

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Claim is one thing that a sentence says, in the terms in which two texts are
// compared.
type Claim struct {
	ID, Text      string // of the statement and its text
	Actor, Action string
	Negated       bool
	Only          bool
	Data          []string
	Recipients    []string
	Purposes      []string
	Condition     string
	Scope         string
	RetentionDays int
	Choice        []string
	Heading       string
	Quote         string
}

// Kind is what became of a claim.
type Kind string

// The kinds.
const (
	Added    Kind = "added"
	Removed  Kind = "removed"
	Altered  Kind = "altered"  // it says something else
	Reworded Kind = "reworded" // it says the same in other words
)

// Direction is what a change of a claim comes to for the visitor.
type Direction string

// The directions.
const (
	Weaker   Direction = "weaker"   // a denial, limit, choice or safeguard that went or shrank
	Stronger Direction = "stronger" // one that came or grew
	Wider    Direction = "wider"    // the text now states a use, recipient or kind of data more
	Narrower Direction = "narrower" // or one less
	Same     Direction = ""
)

// ClaimChange is a difference between two texts. Old is nil when it was added,
// New when it was removed.
type ClaimChange struct {
	Kind      Kind
	Direction Direction
	Old, New  *Claim
	Why       string // one sentence
}

// Material reports whether the change takes something from the visitor, or
// allows something more.
func (c ClaimChange) Material() bool { return c.Direction == Weaker || c.Direction == Wider }

// maxLoose bounds the claims of a side that are compared pairwise.
const maxLoose = 1500

// Claims compares what two texts, or sets of texts, say. Claims that mean the
// same are matched first, wherever they stand; then those of like meaning or
// wording. Broader reports whether a kind of data covers another; nil knows
// only equal ones. Changes come in the order of the new text, removals in that
// of the old one, what weighs most first. The pairs are the ids of old claims
// with those of the new ones that they were matched with.
func Claims(before, after []Claim, broader func(broad, narrow string) bool) (changes []ClaimChange, pairs map[string]string) {
	if broader == nil {
		broader = func(a, b string) bool { return a == b }
	}
	m := matching{before: prepare(before), after: prepare(after), broader: broader}
	m.equal()
	m.alike()
	pairs = map[string]string{}
	for _, p := range m.before {
		if p.partner != nil {
			pairs[p.ID] = p.partner.ID
		}
	}
	return m.changes(), pairs
}

// prepared is a claim with what comparing asks again and again.
type prepared struct {
	*Claim
	meaning, words string
	tokens         []string
	partner        *prepared
	pos            int
}

type matching struct {
	before, after []*prepared
	broader       func(broad, narrow string) bool
}

func prepare(claims []Claim) []*prepared {
	out := make([]*prepared, 0, len(claims))
	for i := range claims {
		c := claims[i]
		c.Data, c.Purposes, c.Choice = Sorted(c.Data), Sorted(c.Purposes), Sorted(c.Choice)
		c.Recipients = lowered(c.Recipients)
		p := &prepared{Claim: &c, pos: i}
		p.tokens = tokens(c.Quote)
		p.words = strings.Join(p.tokens, " ")
		p.meaning = strings.Join([]string{
			c.Actor, c.Action, strconv.FormatBool(c.Negated), strconv.FormatBool(c.Only), strings.Join(c.Data, ","), strings.Join(c.Recipients, ","),
			strings.Join(c.Purposes, ","), strings.Join(tokens(c.Condition), " "), c.Scope, strconv.Itoa(c.RetentionDays), strings.Join(c.Choice, ","),
		}, "\x00")
		out = append(out, p)
	}
	return out
}

func lowered(words []string) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, strings.ToLower(strings.TrimSpace(w)))
	}
	return Sorted(out)
}

// maxTokens bounds the words of a sentence that are compared.
const maxTokens = 200

func tokens(s string) []string {
	if len(s) > 8000 {
		s = s[:8000]
	}
	out := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return out[:min(len(out), maxTokens)]
}

// equal matches claims that mean the same: those in the same words first.
func (m *matching) equal() {
	for _, key := range []func(*prepared) string{
		func(p *prepared) string { return p.meaning + "\x00" + p.words + "\x00" + p.Heading },
		func(p *prepared) string { return p.meaning + "\x00" + p.words },
		func(p *prepared) string { return p.meaning + "\x00" + p.Heading },
		func(p *prepared) string { return p.meaning },
	} {
		waiting := map[string][]*prepared{}
		for _, p := range m.before {
			if p.partner == nil {
				waiting[key(p)] = append(waiting[key(p)], p)
			}
		}
		for _, p := range m.after {
			if list := waiting[key(p)]; p.partner == nil && len(list) > 0 {
				p.partner, list[0].partner = list[0], p
				waiting[key(p)] = list[1:]
			}
		}
	}
}

// alike matches what is left by likeness, the most alike first.
func (m *matching) alike() {
	before, after := loose(m.before), loose(m.after)
	type pair struct {
		a, b  *prepared
		score float64
	}
	var pairs []pair
	bags := make([]map[string]int, len(after))
	for j, b := range after {
		bags[j] = bag(b.tokens)
	}
	for _, a := range before {
		bagA := bag(a.tokens)
		for j, b := range after {
			if s := likeness(a, b, overlap(bagA, bags[j], len(a.tokens)+len(b.tokens))); s > 0 {
				pairs = append(pairs, pair{a, b, s})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.a.pos, y.a.pos), cmp.Compare(x.b.pos, y.b.pos))
	})
	for _, p := range pairs {
		if p.a.partner == nil && p.b.partner == nil {
			p.a.partner, p.b.partner = p.b, p.a
		}
	}
}

func loose(list []*prepared) []*prepared {
	var out []*prepared
	for _, p := range list {
		if p.partner == nil && len(out) < maxLoose {
			out = append(out, p)
		}
	}
	return out
}

func bag(words []string) map[string]int {
	out := make(map[string]int, len(words))
	for _, w := range words {
		out[w]++
	}
	return out
}

// overlap is the Dice coefficient of two bags of words, 0 to 1.
func overlap(a, b map[string]int, total int) float64 {
	if total == 0 {
		return 0
	}
	if len(b) < len(a) {
		a, b = b, a
	}
	both := 0
	for w, n := range a {
		both += min(n, b[w])
	}
	return 2 * float64(both) / float64(total)
}

// families are acts that a text may put for each other.
var families = map[string]string{"share": "share", "disclose": "share", "sell": "share", "let_collect": "share", "collect": "collect", "use": "use", "retain": "retain", "protect": "protect", "place_cookies": "place_cookies"}

// likeness is how much two claims are alike, 0 when they are not each other's
// old and new form.
func likeness(a, b *prepared, words float64) float64 {
	same := a.Action == b.Action
	family := same || families[a.Action] != "" && families[a.Action] == families[b.Action]
	if !family && words < 0.75 {
		return 0
	}
	data, to, purposes := jaccard(a.Data, b.Data), jaccard(a.Recipients, b.Recipients), jaccard(a.Purposes, b.Purposes)
	near := words >= 0.5 || words >= 0.25 && a.Heading == b.Heading && data >= 0.5 && to >= 0.5
	if !near {
		return 0
	}
	score := 4*words + 2*data + 2*to + purposes
	for _, yes := range []bool{same, a.Negated == b.Negated, a.Scope == b.Scope, a.Heading == b.Heading, a.Actor == b.Actor} {
		if yes {
			score++
		}
	}
	return score
}

// jaccard is the share of words that two lists have in common; 1 for two empty
// ones.
func jaccard(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	both := 0
	for _, x := range a {
		if slices.Contains(b, x) {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

func (m *matching) changes() []ClaimChange {
	var out []ClaimChange
	for _, b := range m.after {
		switch a := b.partner; {
		case a == nil:
			c := ClaimChange{Kind: Added, New: b.Claim}
			c.Direction, c.Why = m.alone(b, m.before, "is now stated", "it was stated already")
			out = append(out, c)
		case a.meaning != b.meaning:
			c := ClaimChange{Kind: Altered, Old: a.Claim, New: b.Claim}
			c.Direction, c.Why = m.judge(a.Claim, b.Claim)
			out = append(out, c)
		case a.words != b.words:
			out = append(out, ClaimChange{Kind: Reworded, Old: a.Claim, New: b.Claim, Why: "It says the same in other words."})
		}
	}
	for _, a := range m.before {
		if a.partner == nil {
			c := ClaimChange{Kind: Removed, Old: a.Claim}
			c.Direction, c.Why = m.alone(a, m.after, "is no longer stated", "it is still stated")
			c.Direction = opposite[c.Direction]
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y ClaimChange) int { return cmp.Compare(weight[x.Direction], weight[y.Direction]) })
	return out
}

var (
	opposite = map[Direction]Direction{Weaker: Stronger, Stronger: Weaker, Wider: Narrower, Narrower: Wider, Same: Same}
	weight   = map[Direction]int{Weaker: 0, Wider: 1, Stronger: 2, Narrower: 3, Same: 4}
)

// bound reports whether a claim binds the one who makes it: a denial, a limit,
// a safeguard, a choice, a time.
func bound(c *Claim) bool {
	return c.Negated || c.Only || c.Action == "protect" || len(c.Choice) > 0 || c.RetentionDays > 0
}

// alone judges a claim that came and that the other side lacks. The other side
// may still say it in a sentence that covers this one.
func (m *matching) alone(p *prepared, others []*prepared, stated, still string) (Direction, string) {
	for _, o := range others {
		if m.covers(o.Claim, p.Claim) {
			return Same, "Another sentence says it: " + still + "."
		}
	}
	d := Wider
	if bound(p.Claim) {
		d = Stronger
	}
	return d, capital(describe(p.Claim)) + " " + stated + "."
}

// covers reports whether one claim says everything that another does.
func (m *matching) covers(wide, narrow *Claim) bool {
	if wide.Action != narrow.Action || wide.Negated != narrow.Negated || wide.Actor != narrow.Actor || (wide.Only != narrow.Only) ||
		wide.Scope != "" && wide.Scope != narrow.Scope || wide.RetentionDays != narrow.RetentionDays {
		return false
	}
	if strings.Join(tokens(wide.Condition), " ") != strings.Join(tokens(narrow.Condition), " ") || len(Missing(narrow.Choice, wide.Choice)) > 0 {
		return false
	}
	for _, d := range narrow.Data {
		if !slices.ContainsFunc(wide.Data, func(w string) bool { return m.broader(w, d) }) {
			return false
		}
	}
	return len(narrow.Data) > 0 && within(narrow.Recipients, wide.Recipients) && within(narrow.Purposes, wide.Purposes)
}

func within(some, all []string) bool {
	return len(Missing(some, all)) == 0 && (len(some) > 0 || len(all) == 0)
}

// describe says in a few words what kind of claim it is.
func describe(c *Claim) string {
	switch {
	case c.Negated:
		return "a denial"
	case c.Only:
		return "a limit (“only”)"
	case c.Action == "protect":
		return "a safeguard"
	case len(c.Choice) > 0:
		return "a choice"
	case c.RetentionDays > 0:
		return "a time after which data go"
	case c.Action == "collect" || c.Action == "use" || families[c.Action] == "share":
		return "an act (" + strings.ReplaceAll(c.Action, "_", " ") + ")"
	}
	return "a sentence"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// asks tells conditions that leave the decision to the visitor.
var asks = regexp.MustCompile(`(?i)consent|agree|permission|\bopt|choose|ask|einwillig|zustimm|accord`)

// judge says what an altered claim comes to. What is worst for the visitor is
// said first and decides.
func (m *matching) judge(a, b *Claim) (Direction, string) {
	type says struct {
		d   Direction
		why string
	}
	var all []says
	add := func(when bool, d Direction, format string, args ...any) {
		if when {
			all = append(all, says{d, fmt.Sprintf(format, args...)})
		}
	}
	add(a.Negated && !b.Negated, Weaker, "a denial became a statement that it happens")
	add(!a.Negated && b.Negated, Stronger, "what was stated to happen is now denied")
	add(a.Only && !b.Only && a.Negated == b.Negated, Weaker, "the limit “only” went")
	add(!a.Only && b.Only && a.Negated == b.Negated, Stronger, "it is now limited (“only”)")
	if a.Negated == b.Negated {
		m.extent(a, b, add)
		m.terms(a, b, add)
	}
	add(a.Scope != b.Scope && b.Scope != "" && a.Scope == "", scoped(b, Weaker, Narrower), "it now holds for %s alone", b.Scope)
	add(a.Scope != b.Scope && a.Scope != "" && b.Scope == "", scoped(b, Stronger, Wider), "it now holds for everyone, not for %s alone", a.Scope)
	add(a.Action != b.Action, Same, "“%s” became “%s”", strings.ReplaceAll(a.Action, "_", " "), strings.ReplaceAll(b.Action, "_", " "))
	if len(all) == 0 {
		return Same, "Its sentence is read differently."
	}
	slices.SortStableFunc(all, func(x, y says) int { return cmp.Compare(weight[x.d], weight[y.d]) })
	var why []string
	for _, s := range all[:min(len(all), 3)] {
		why = append(why, s.why)
	}
	return all[0].d, capital(strings.Join(why, "; ")) + "."
}

func scoped(c *Claim, ifBound, otherwise Direction) Direction {
	if bound(c) {
		return ifBound
	}
	return otherwise
}

// extent compares what a claim is about. Of a denial or a limit less is weaker;
// of a statement more is wider.
func (m *matching) extent(a, b *Claim, add func(bool, Direction, string, ...any)) {
	less, more := Narrower, Wider
	if a.Negated {
		less, more = Weaker, Stronger
	}
	for _, part := range []struct {
		what     string
		old, now []string
		covers   func(broad, narrow string) bool
	}{
		{"data", a.Data, b.Data, m.broader},
		{"recipients", a.Recipients, b.Recipients, equal},
		{"purposes", a.Purposes, b.Purposes, equal},
	} {
		gone, came := uncovered(part.old, part.now, part.covers), uncovered(part.now, part.old, part.covers)
		if a.Negated && len(part.old) == 0 { // a denial that names nobody in particular holds for all
			add(len(came) > 0, Weaker, "the denial now holds for %s alone: %s", part.what, names(came))
			continue
		}
		if a.Negated && len(part.now) == 0 {
			add(len(gone) > 0, Stronger, "the denial no longer holds for these %s alone: %s", part.what, names(gone))
			continue
		}
		add(len(gone) > 0, less, "%s no longer named: %s", part.what, names(gone))
		add(len(came) > 0, more, "%s newly named: %s", part.what, names(came))
	}
}

func equal(a, b string) bool { return a == b }

// uncovered returns the words that none of the others cover.
func uncovered(words, by []string, covers func(broad, narrow string) bool) []string {
	var out []string
	for _, w := range words {
		if !slices.ContainsFunc(by, func(b string) bool { return covers(b, w) }) {
			out = append(out, w)
		}
	}
	return out
}

func names(ids []string) string {
	const most = 6
	out := make([]string, 0, most)
	for _, id := range ids[:min(len(ids), most)] {
		out = append(out, strings.ReplaceAll(id, "_", " "))
	}
	text := strings.Join(out, ", ")
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// terms compares conditions, times and choices.
func (m *matching) terms(a, b *Claim, add func(bool, Direction, string, ...any)) {
	old, now := strings.Join(tokens(a.Condition), " "), strings.Join(tokens(b.Condition), " ")
	switch {
	case old == now:
	case a.Negated:
		add(now != "" && old == "", Weaker, "the denial now has a condition: “%s”", b.Condition)
		add(now == "" && old != "", Stronger, "the denial's condition went: “%s”", a.Condition)
		add(now != "" && old != "", Same, "its condition was “%s” and is “%s”", a.Condition, b.Condition)
	default:
		left, came := asks.MatchString(old) && !asks.MatchString(now), asks.MatchString(now) && !asks.MatchString(old)
		add(left, Weaker, "the condition went that leaves it to the visitor: “%s”", a.Condition)
		add(came, Stronger, "it is now left to the visitor: “%s”", b.Condition)
		add(!left && !came && now == "", Wider, "its condition went: “%s”", a.Condition)
		add(!left && !came && old == "", Narrower, "it now has a condition: “%s”", b.Condition)
		add(!left && !came && old != "" && now != "", Same, "its condition was “%s” and is “%s”", a.Condition, b.Condition)
	}
	add(a.RetentionDays > 0 && b.RetentionDays > a.RetentionDays, Weaker, "data are kept for %d days, not %d", b.RetentionDays, a.RetentionDays)
	add(b.RetentionDays > 0 && b.RetentionDays < a.RetentionDays, Stronger, "data are kept for %d days, not %d", b.RetentionDays, a.RetentionDays)
	add(a.RetentionDays > 0 && b.RetentionDays == 0, Weaker, "the time after which data go (%d days) is no longer stated", a.RetentionDays)
	add(a.RetentionDays == 0 && b.RetentionDays > 0, Stronger, "a time after which data go is now stated: %d days", b.RetentionDays)
	lost, won := Missing(a.Choice, b.Choice), Missing(b.Choice, a.Choice)
	add(len(lost) > 0, Weaker, "a choice is no longer given: %s", names(lost))
	add(len(won) > 0, Stronger, "a choice is now given: %s", names(won))
}
